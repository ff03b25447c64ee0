import { randomUUID } from 'node:crypto';
import { type Observable, Subject } from 'rxjs';
import { nameToken } from './driver/subjects.js';
import type { EventLog, LogEntry } from './ports.js';

const configKinds = ['rule', 'route', 'template'] as const;
export type ConfigKind = (typeof configKinds)[number];

/** What somebody said of one item of the configuration, as the log keeps it. */
export interface ConfigEntry {
  readonly v: 1;
  readonly kind: ConfigKind;
  readonly id: string;
  /** As it would stand in the file. Absent: what the file says counts, unless `hidden`. */
  readonly item?: Readonly<Record<string, unknown>>;
  /** The item of the file is taken out. */
  readonly hidden?: true;
  /** Wall time. */
  readonly at: number;
  /** Wall time of the first word on this item: its place among those that are not in the file. */
  readonly since: number;
  readonly by: string;
  readonly onBehalfOf?: string;
  /** The way that it came. */
  readonly via: string;
}

export interface ConfigLogDeps {
  readonly log: EventLog;
  readonly onError: (error: unknown) => void;
}

/** Words that say nothing any more stay this long, for the other engines that follow. */
const keepSpentMs = 3_600_000;

/** The part of the configuration that commands have made: one subject an item, of which the last message counts. */
export class ConfigLog {
  readonly #deps: ConfigLogDeps;
  readonly #entries = new Subject<ConfigEntry>();
  /** Sequence of the last word on each item. */
  readonly #seqs = new Map<string, number>();
  #readUpTo = 0;

  /** Each word once, newer than the one before it on the same item. */
  readonly entries$: Observable<ConfigEntry> = this.#entries.asObservable();

  constructor(deps: ConfigLogDeps) {
    this.#deps = deps;
  }

  /** Emits what there is, in the order of the log. `now`: wall time. Rejects with `log_unavailable`. */
  async load(now: number): Promise<void> {
    const { log } = this.#deps;
    this.#readUpTo = await log.head();
    for await (const place of log.latest('config.>')) {
      const entry = asConfigEntry(place);
      if (entry === undefined) continue;
      if (isSpent(entry) && entry.at < now - keepSpentMs) await log.purge(place.subject, place.seq);
      else this.#take(entry, place.seq);
    }
  }

  /** What comes after {@link load}, from whatever engine. Returns what ends it. */
  follow(): () => void {
    const following = this.#deps.log.follow('config.>', { fromSeq: this.#readUpTo + 1 }).subscribe({
      next: (place) => {
        const entry = asConfigEntry(place);
        if (entry !== undefined) this.#take(entry, place.seq);
      },
      error: this.#deps.onError,
    });
    return () => following.unsubscribe();
  }

  /** Resolves when it is stored and was emitted. Rejects with `log_unavailable`. */
  async write(entry: ConfigEntry): Promise<void> {
    const { log } = this.#deps;
    const subject = subjectOf(entry);
    const before = this.#seqs.get(subject);
    const seq = await log.append({ subject, body: entry, messageId: `config:${randomUUID()}` });
    this.#take(entry, seq);
    // Only the last word counts, and a client that puts a rule every second must not fill the log.
    if (before !== undefined) await log.purge(subject, before).catch(this.#deps.onError);
  }

  #take(entry: ConfigEntry, seq: number): void {
    const subject = subjectOf(entry);
    if (seq <= (this.#seqs.get(subject) ?? 0)) return;
    this.#seqs.set(subject, seq);
    this.#entries.next(entry);
  }
}

/** Whether the file alone decides. */
export function isSpent({ item, hidden }: ConfigEntry): boolean {
  return item === undefined && hidden === undefined;
}

function subjectOf({ kind, id }: ConfigEntry): string {
  return `config.${kind}.${nameToken(id)}`;
}

/** Anybody with the right to publish can write there: what is not whole is passed over. The item is checked by others. */
function asConfigEntry({ subject, body }: LogEntry): ConfigEntry | undefined {
  if (typeof body !== 'object' || body === null) return undefined;
  const entry = body as Partial<ConfigEntry>;
  const { v, kind, id, item, hidden, at, since, by, via } = entry;
  const isWhole =
    v === 1 &&
    configKinds.some((known) => known === kind) &&
    [id, by, via].every((text) => typeof text === 'string' && text !== '') &&
    [at, since].every(Number.isFinite) &&
    (item === undefined || (typeof item === 'object' && item !== null && !Array.isArray(item))) &&
    (hidden === undefined || hidden === true);
  return isWhole && subject === subjectOf(entry as ConfigEntry) ? (entry as ConfigEntry) : undefined;
}
