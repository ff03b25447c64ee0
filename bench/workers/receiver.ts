import { setTimeout as after } from 'node:timers/promises';
import { type ArrivalReport, Arrivals } from './arrivals.js';
import { monotonicNow, type Schedule } from './schedule.js';

export interface ReceiverReport extends ArrivalReport {
  /** Processor time of this process since `expect`. */
  readonly cpuMs: number;
}

/** What is still on its way when the publisher has ended may take this long. */
const drainMs = 5_000;

/** What an engine and a bare subscriber are both asked. */
export class Receiver {
  #arrivals: Arrivals | undefined;
  #cpu = process.cpuUsage();

  note(time: number, now = monotonicNow()): void {
    this.#arrivals?.note(time, now);
  }

  expect(schedule: Schedule): void {
    this.#arrivals = new Arrivals(schedule);
    this.#cpu = process.cpuUsage();
  }

  /** Waits for what is still on its way. */
  async report(): Promise<ReceiverReport> {
    const arrivals = this.#arrivals!;
    await Promise.race([arrivals.complete, after(drainMs)]);
    const { user, system } = process.cpuUsage(this.#cpu);
    return { ...arrivals.report(), cpuMs: (user + system) / 1_000 };
  }
}
