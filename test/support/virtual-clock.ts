import { VirtualAction, VirtualTimeScheduler } from 'rxjs';
import type { Clock } from '../../src/streams/ports.js';

/** Virtual time for durations and a wall clock that follows it, until it is set otherwise. */
export class VirtualClock implements Clock {
  readonly scheduler = new VirtualTimeScheduler(VirtualAction, Number.POSITIVE_INFINITY);
  #offset: number;

  constructor(start = 1_700_000_000_000) {
    this.#offset = start;
  }

  wall(): number {
    return this.#offset + this.scheduler.now();
  }

  /** Sets the wall clock ahead or back, as a person or NTP would; durations do not notice. */
  step(ms: number): void {
    this.#offset += ms;
  }

  /** Runs everything that is due within the next `ms`, in order. */
  advance(ms: number): void {
    const { scheduler } = this;
    const end = scheduler.now() + ms;
    scheduler.schedule(() => {}, ms);
    scheduler.maxFrames = end;
    scheduler.flush();
    scheduler.frame = end;
  }
}
