import { type Observable, type SchedulerLike, Subject } from 'rxjs';
import type { AlertRecord } from '../model/alert.js';
import { type TimerInput, waitsForRoom } from '../model/decision/index.js';
import { severityRank } from '../model/severity.js';
import { DriverTimer } from '../operators/adapter/driver-timer.js';
import { RateLimitKernel } from '../operators/rate-limit-kernel.js';

export interface RateRoomOptions {
  readonly windows: readonly { readonly max: number; readonly perMs: number }[];
  readonly scheduler: SchedulerLike;
  /** Scheduler time from which the rate key has room. */
  readonly roomAt: (rateKey: string, now: number) => number;
}

/**
 * Grave alerts of rules that were held back while their condition still holds: each is offered again when its rate key
 * has room, gravest first. They use at most half of each window, so that what is new has a chance.
 */
export class RateRoom {
  readonly #options: RateRoomOptions;
  readonly #half: RateLimitKernel<string>;
  readonly #waiting = new Map<string, Map<string, AlertRecord>>();
  readonly #timer: DriverTimer;
  readonly #offers = new Subject<TimerInput>();

  readonly offers$: Observable<TimerInput> = this.#offers.asObservable();

  constructor(options: RateRoomOptions) {
    this.#options = options;
    const windows = options.windows.map(({ max, perMs }) => ({ max: Math.max(1, Math.floor(max / 2)), perMs }));
    this.#half = new RateLimitKernel({ windows });
    this.#timer = new DriverTimer(options.scheduler, (now) => this.#offer(now));
  }

  /** Takes note of what became of an alert: it begins to wait, or no longer does. */
  update(rateKey: string, record: AlertRecord): void {
    const waiting = this.#waiting.get(rateKey);
    if (waitsForRoom(record)) {
      const queue = waiting ?? new Map<string, AlertRecord>();
      this.#waiting.set(rateKey, queue.set(record.id, record));
      this.#armFor(rateKey, this.#options.scheduler.now());
    } else if (waiting?.delete(record.id) && waiting.size === 0) {
      this.#waiting.delete(rateKey);
    }
  }

  dispose(): void {
    this.#timer.dispose();
    this.#offers.complete();
  }

  #offer(now: number): void {
    for (const [rateKey, queue] of this.#waiting) {
      if (this.#dueAt(rateKey, now) > now) continue;
      const order = [...queue.values()].sort(gravestFirst);
      for (const { key, id } of order) {
        if (this.#dueAt(rateKey, now) > now) break;
        this.#half.commit(rateKey, now);
        this.#offers.next({ kind: 'timer', timer: 'rate_room', key, id });
      }
    }
    this.#arm(now);
  }

  #arm(now: number): void {
    for (const rateKey of this.#waiting.keys()) this.#armFor(rateKey, now);
  }

  /** The earliest of all keys counts, so one that is new need not look at the others. */
  #armFor(rateKey: string, now: number): void {
    // Never in the same moment again: an offer that is under way still waits here.
    this.#timer.armAt(Math.max(this.#dueAt(rateKey, now), now + minPauseMs));
  }

  #dueAt(rateKey: string, now: number): number {
    const half = this.#half.peek(rateKey, now);
    return Math.max(half.admitted ? now : half.retryAt, this.#options.roomAt(rateKey, now));
  }
}

const minPauseMs = 50;

function gravestFirst(a: AlertRecord, b: AlertRecord): number {
  return severityRank(b.severity) - severityRank(a.severity) || (a.id < b.id ? -1 : 1);
}
