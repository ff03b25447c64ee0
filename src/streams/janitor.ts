import { type SchedulerLike, Subscription } from 'rxjs';
import type { Logger } from '../model/logger.js';
import type { Clock, EventLog } from './ports.js';

/** A resolved alert that is no longer in sight, and where it stands in the log. */
export interface Retired {
  readonly resolvedAt: number;
  /** Subjects of the log, each with the last sequence that belongs to the alert. */
  readonly places: readonly { readonly subject: string; readonly upToSeq: number }[];
}

export interface JanitorDeps {
  readonly log: EventLog;
  readonly clock: Clock;
  readonly scheduler: SchedulerLike;
  readonly logger: Logger;
  /** Nothing younger is removed: a restart reads the rate and dedupe windows from it. */
  readonly keepMs: number;
}

const everyMs = 10_000;
const mostPerTurn = 500;

/** Removes from the event log what history no longer shows, a little at a time. Open alerts are never handed to it. */
export class Janitor {
  readonly #deps: JanitorDeps;
  readonly #waiting: Retired[] = [];
  readonly #running = new Subscription();

  constructor(deps: JanitorDeps) {
    this.#deps = deps;
    this.#schedule();
  }

  retire(retired: Retired): void {
    this.#waiting.push(retired);
  }

  stop(): void {
    this.#running.unsubscribe();
  }

  #schedule(): void {
    if (this.#running.closed) return;
    this.#running.add(this.#deps.scheduler.schedule(() => void this.#sweep().finally(() => this.#schedule()), everyMs));
  }

  async #sweep(): Promise<void> {
    const oldest = this.#deps.clock.wall() - this.#deps.keepMs;
    const due = this.#waiting.findIndex(({ resolvedAt }) => resolvedAt > oldest);
    const batch = this.#waiting.splice(0, Math.min(mostPerTurn, due < 0 ? this.#waiting.length : due));
    for (const retired of batch) await this.#remove(retired);
  }

  async #remove(retired: Retired): Promise<void> {
    try {
      for (const { subject, upToSeq } of retired.places) await this.#deps.log.purge(subject, upToSeq);
    } catch (err) {
      this.#deps.logger.warn({ err }, 'history could not be removed from the event log; it is tried again');
      this.#waiting.push(retired);
    }
  }
}
