import type { SchedulerLike, Subscription } from 'rxjs';
import type { Logger } from '../model/logger.js';
import type { Clock, EventLog } from './ports.js';

/** What nobody needs any more: a resolved alert that is out of sight, or the early transitions of a long one. */
export interface Retired {
  /** Wall time of the youngest of it. */
  readonly at: number;
  /** Subjects of the log, each with the last sequence that belongs to it. */
  readonly places: readonly { readonly subject: string; readonly upToSeq: number }[];
}

export interface JanitorDeps {
  readonly log: EventLog;
  readonly clock: Clock;
  readonly scheduler: SchedulerLike;
  readonly logger: Logger;
  /** Nothing younger is removed: a restart reads the rate and dedupe windows from it. */
  readonly keepMs: number;
  /** Called before each sweep: it may hand over more. */
  readonly beforeSweep: () => void;
}

const everyMs = 1_000;
const mostPerSweep = 2_000;
const atATime = 50;

/** Removes from the event log what history no longer shows, a little at a time. The state of an open alert is never handed to it. */
export class Janitor {
  readonly #deps: JanitorDeps;
  readonly #waiting: Retired[] = [];
  /** One at a time: what has run is not kept. */
  #next: Subscription | undefined = undefined;
  #stopped = false;

  constructor(deps: JanitorDeps) {
    this.#deps = deps;
    this.#schedule();
  }

  retire(retired: Retired): void {
    this.#waiting.push(retired);
  }

  stop(): void {
    this.#stopped = true;
    this.#next?.unsubscribe();
  }

  #schedule(): void {
    if (this.#stopped) return;
    const sweep = () => void this.#sweep().finally(() => this.#schedule());
    this.#next = this.#deps.scheduler.schedule(sweep, everyMs);
  }

  async #sweep(): Promise<void> {
    this.#deps.beforeSweep();
    const oldest = this.#deps.clock.wall() - this.#deps.keepMs;
    const young = this.#waiting.findIndex(({ at }) => at > oldest);
    const batch = this.#waiting.splice(0, Math.min(mostPerSweep, young < 0 ? this.#waiting.length : young));
    for (let i = 0; i < batch.length; i += atATime) {
      await Promise.all(batch.slice(i, i + atATime).map((retired) => this.#remove(retired)));
    }
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
