import { type Observable, type SchedulerLike, Subject, type Subscription } from 'rxjs';
import { TocsinError } from '../model/errors.js';
import type { Logger } from '../model/logger.js';
import type { EventLog } from './ports.js';

export interface LogHealthDeps {
  readonly log: EventLog;
  readonly scheduler: SchedulerLike;
  readonly logger: Logger;
  /** Distinguishes the writes of this process from those of any other. */
  readonly writer: string;
}

const probeEveryMs = 1_000;
const probeSubject = 'probe.log';
/** As large as a transition may be, nearly: a log that takes small messages only is not well. */
const probeBody = { v: 1, padding: ' '.repeat(8 * 1024) };

/** Whether the event log takes writes: it is well until it refuses one, and again when it has taken a probe. */
export class LogHealth {
  readonly #deps: LogHealthDeps;
  readonly #back = new Subject<void>();
  #refusal: unknown;
  #probes = 0;
  #next: Subscription | undefined;
  #stopped = false;

  /** The log takes writes again. */
  readonly back$: Observable<void> = this.#back.asObservable();

  constructor(deps: LogHealthDeps) {
    this.#deps = deps;
  }

  get isWell(): boolean {
    return this.#refusal === undefined;
  }

  /** Why it refuses; `undefined` while it is well. */
  get trouble(): string | undefined {
    if (this.isWell) return undefined;
    return this.#refusal instanceof Error ? this.#refusal.message : String(this.#refusal);
  }

  /** A write was refused. */
  refused(error: unknown): void {
    const isNews = this.isWell;
    this.#refusal = error ?? 'unknown';
    if (!isNews) return;
    this.#deps.logger.error(
      { err: error },
      'the event log refuses to be written: nothing is recorded until it is back',
    );
    this.#probeSoon();
  }

  stop(): void {
    this.#stopped = true;
    this.#next?.unsubscribe();
    this.#back.complete();
  }

  #probeSoon(): void {
    if (this.#stopped) return;
    this.#next = this.#deps.scheduler.schedule(() => void this.#probe(), probeEveryMs);
  }

  async #probe(): Promise<void> {
    const { log, writer, logger } = this.#deps;
    try {
      const messageId = `probe.${writer}.${this.#probes++}`;
      const seq = await log.append({ subject: probeSubject, body: probeBody, messageId });
      await log.purge(probeSubject, seq);
    } catch (error) {
      this.#refusal = error;
      this.#probeSoon();
      return;
    }
    if (this.#stopped) return;
    this.#refusal = undefined;
    logger.info({}, 'the event log can be written again');
    this.#back.next();
  }
}

/** Whether the log, and not this write, is why it failed. */
export function isUnavailable(error: unknown): boolean {
  return !(error instanceof TocsinError) || error.code === 'log_unavailable';
}
