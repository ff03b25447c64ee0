import { randomBytes } from 'node:crypto';
import type { SchedulerLike, Subscription } from 'rxjs';
import { TocsinError } from '../model/errors.js';
import type { Logger } from '../model/logger.js';
import { type Silence, type SilenceState, type SilenceView, silenceEnd } from '../model/silence.js';
import type { Silence as TimedSilence } from '../operators/silence-options.js';
import type { Retired } from './janitor.js';
import { asSilence } from './log-entry.js';
import { labelMatcher } from './mute-matchers.js';
import type { Mutes } from './mutes.js';
import type { Clock, EventLog, LogEntry } from './ports.js';
import { compiled } from './silence-input.js';

export interface SilencesDeps {
  readonly log: EventLog;
  readonly mutes: Pick<Mutes, 'setSilences'>;
  readonly clock: Clock;
  readonly scheduler: SchedulerLike;
  readonly logger: Logger;
  /** How long, and how many, ended ones are listed. */
  readonly history: () => { readonly maxAgeMs: number; readonly maxAlerts: number };
  /** An ended one is no longer needed in the log. */
  readonly onRetired: (retired: Retired) => void;
}

/** Those that are not over: a bounded number, because each is looked at when the set changes. */
const maxOpen = 10_000;
const maxConflicts = 8;

/** A silence with its times on the scheduler: a clock that is set neither lengthens nor shortens what is known. */
interface Known extends TimedSilence {
  readonly silence: Silence;
  /** Of its last message. */
  readonly seq: number;
}

/** The silences: each is the last message of a subject of the event log, so that restarts and other engines know them. */
export class Silences {
  readonly #deps: SilencesDeps;
  readonly #known = new Map<string, Known>();
  #lastId = 0;
  #loadedTo = 0;
  #writes = 0;
  /** On the way to the log. */
  #adding = 0;
  #publishing: Promise<void> | undefined = undefined;
  #following: Subscription | undefined = undefined;

  constructor(deps: SilencesDeps) {
    this.#deps = deps;
  }

  /** Reads what the log holds. Everything after it arrives by {@link follow}. Rejects with `log_unavailable`. */
  async load(): Promise<void> {
    const { log } = this.#deps;
    this.#loadedTo = await log.head();
    for await (const entry of log.latest('silence.>')) this.#apply(entry);
    this.#publish();
  }

  follow(): void {
    const { log, logger } = this.#deps;
    this.#following = log.follow('silence.>', { fromSeq: this.#loadedTo + 1 }).subscribe({
      next: (entry) => {
        if (this.#apply(entry)) void this.#publishSoon();
      },
      error: (err) => logger.error({ err }, 'silences of others can no longer be followed'),
    });
  }

  stop(): void {
    this.#following?.unsubscribe();
  }

  /** Newest first. */
  list(states?: readonly SilenceState[]): SilenceView[] {
    const views = [...this.#known.values()].map((known) => this.#view(known));
    const wanted = states === undefined ? views : views.filter(({ state }) => states.includes(state));
    return wanted.sort((a, b) => (a.id < b.id ? 1 : -1));
  }

  /** In force from its start on once this resolves. Rejects with `too_many_silences`, `log_unavailable`. */
  async add(fields: Omit<Silence, 'v' | 'id' | 'createdAt'>): Promise<SilenceView> {
    const now = this.#deps.scheduler.now();
    const open = [...this.#known.values()].filter(({ endsAt }) => endsAt > now).length;
    if (open + this.#adding >= maxOpen) {
      throw new TocsinError('too_many_silences', `${maxOpen} silences are not over yet: end some of them`);
    }
    const silence: Silence = { v: 1, id: this.#newId(), ...fields, createdAt: this.#deps.clock.wall() };
    this.#adding++;
    try {
      return this.#view(await this.#write(silence, 0));
    } finally {
      this.#adding--;
    }
  }

  /** Over at once; one that is over stays as it is. Rejects with `silence_unknown`, `log_unavailable`. */
  async end(id: string, by: string, via?: string): Promise<SilenceView> {
    for (let conflicts = 0; ; conflicts++) {
      const known = this.#known.get(id);
      if (known === undefined) throw unknown(id);
      if (known.endsAt <= this.#deps.scheduler.now()) return this.#view(known);
      try {
        const way = via === undefined ? {} : { endedVia: via };
        const ended = { ...known.silence, endedBy: by, ...way, endedAt: this.#deps.clock.wall() };
        return this.#view(await this.#write(ended, known.seq));
      } catch (error) {
        const isConflict = error instanceof TocsinError && error.code === 'log_conflict';
        if (!isConflict || conflicts >= maxConflicts) throw error;
        await this.#reload(id);
      }
    }
  }

  /** Ended ones go out of sight when they are old, or many. */
  retire(): void {
    const { history, scheduler, onRetired } = this.#deps;
    const { maxAgeMs, maxAlerts } = history();
    const now = scheduler.now();
    const ended = [...this.#known.values()].filter(({ endsAt }) => endsAt <= now).sort((a, b) => a.endsAt - b.endsAt);
    const surplus = ended.length - maxAlerts;
    for (const [i, { silence, seq, endsAt }] of ended.entries()) {
      if (i >= surplus && endsAt > now - maxAgeMs) return;
      this.#known.delete(silence.id);
      onRetired({ at: silenceEnd(silence), places: [{ subject: subjectOf(silence.id), upToSeq: seq }] });
    }
  }

  async #write(silence: Silence, expectedSeq: number): Promise<Known> {
    const subject = subjectOf(silence.id);
    const messageId = `${subject}:${randomBytes(8).toString('hex')}${++this.#writes}`;
    const seq = await this.#deps.log.append({ subject, body: silence, expectedSeq, messageId });
    const known = this.#keep(silence, seq);
    await this.#publishSoon();
    return known;
  }

  async #reload(id: string): Promise<void> {
    for await (const entry of this.#deps.log.latest(subjectOf(id))) this.#apply(entry);
    this.#publish();
  }

  /** False when it says nothing new. */
  #apply(entry: LogEntry): boolean {
    const silence = asSilence(entry);
    if (silence === undefined || entry.seq <= (this.#known.get(silence.id)?.seq ?? 0)) return false;
    try {
      compiled(silence.matchers);
    } catch (err) {
      this.#deps.logger.warn({ err, silence: silence.id }, 'a silence in the event log cannot be read');
      return false;
    }
    this.#keep(silence, entry.seq);
    return true;
  }

  #keep(silence: Silence, seq: number): Known {
    const { id, endedAt } = silence;
    const now = this.#deps.scheduler.now();
    const offset = now - this.#deps.clock.wall();
    const before = this.#known.get(id);
    const matchers = before?.matchers ?? silence.matchers.map(labelMatcher);
    const startsAt = before?.startsAt ?? silence.startsAt + offset;
    const endsAt = before?.endsAt ?? silence.endsAt + offset;
    // Ended by the clock of another machine, maybe: it is over now.
    const over = endedAt === undefined ? endsAt : Math.min(endsAt, endedAt + offset, now);
    const known = { id, silence, seq, matchers, startsAt, endsAt: over };
    this.#known.set(id, known);
    return known;
  }

  /** What comes in one turn is handed on at once: each time, all of them are looked at. */
  #publishSoon(): Promise<void> {
    this.#publishing ??= Promise.resolve().then(() => {
      this.#publishing = undefined;
      this.#publish();
    });
    return this.#publishing;
  }

  /** Only what is not over mutes anything. */
  #publish(): void {
    const now = this.#deps.scheduler.now();
    const known = [...this.#known.values()];
    this.#deps.mutes.setSilences(known.filter(({ startsAt, endsAt }) => endsAt > Math.max(now, startsAt)));
  }

  #view({ silence: { v, ...shown }, startsAt, endsAt }: Known): SilenceView {
    const now = this.#deps.scheduler.now();
    return { ...shown, state: now >= endsAt ? 'ended' : now < startsAt ? 'pending' : 'active' };
  }

  /** Sorts by time, also within a millisecond. */
  #newId(): string {
    this.#lastId = Math.max(Math.floor(this.#deps.clock.wall()), this.#lastId + 1);
    return `${this.#lastId.toString(36).padStart(9, '0')}-${randomBytes(4).toString('hex')}`;
  }
}

function subjectOf(id: string): string {
  return `silence.${id}`;
}

function unknown(id: string): TocsinError {
  return new TocsinError('silence_unknown', `no silence has the id ${id.slice(0, 200)}`, { field: 'id', value: id });
}
