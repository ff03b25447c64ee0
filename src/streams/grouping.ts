import type { SchedulerLike } from 'rxjs';
import { type OutboxMessage, outboxMessages } from '../model/delivery.js';
import { type HistoryDeps, isGrouped, lastBatch, lastRecord, waitingEvents } from './group-history.js';
import { type GroupHistory, type GroupRecord, groupSubject, readGroupHistory } from './group-record.js';
import { type GroupingOptions, GroupRun, type GroupRunDeps, isConflict } from './group-run.js';

export type { GroupingOptions } from './group-run.js';

export interface GroupingDeps extends GroupRunDeps {
  /** Names of the channels that can be told several alerts at once. */
  readonly channels: () => readonly string[];
}

const retryMs = 1_000;
const readAgainMs = 200;

/**
 * Which notifications are told in groups, and which one by one. Both ways begin and end at a place in the log, so that
 * grouping can be switched on, off and over, and a channel come and go, without anything told twice or not at all.
 */
export class Grouping {
  readonly #deps: GroupingDeps;
  #options: GroupingOptions | undefined;
  #run: GroupRun | undefined;
  #since: GroupRecord['since'] = {};
  /** The last sequence that was asked about: what was answered stands. */
  #asked = 0;
  #changing: Promise<unknown> = Promise.resolve();
  #changes = 0;
  #stopped = false;

  constructor(deps: GroupingDeps) {
    this.#deps = deps;
  }

  /** Takes up what waits in the log; without options it is told at once. Rejects with `log_unavailable`. */
  start(options: GroupingOptions | undefined): Promise<void> {
    this.#options = options;
    return this.#queue(() => this.#changeUntilDone((error) => !isConflict(error)));
  }

  /** From here on by these options, and for the channels that there are now. Resolves when it is so. */
  configure(options: GroupingOptions | undefined): Promise<void> {
    this.#options = options;
    return this.#queue(() => this.#changeUntilDone());
  }

  /** Of the channels of an event those that are told of it alone, by whoever asks. */
  async alone(seq: number, channels: readonly string[]): Promise<readonly string[]> {
    await this.#changing;
    this.#asked = Math.max(this.#asked, seq);
    return channels.filter((channel) => !isGrouped(this.#since, channel, seq));
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#changing;
    await this.#run?.stop();
  }

  #queue(change: () => Promise<void>): Promise<void> {
    const turn = this.#changing.then(change);
    this.#changing = turn.catch(() => {});
    return turn;
  }

  /** After a pause, so that two who write at the same time do not keep each other from it. */
  async #readAgain(): Promise<void> {
    await pause(readAgainMs, this.#deps.scheduler);
    await this.#queue(() => this.#changeUntilDone());
  }

  /** Somebody else may write at the same time, or the log be away. */
  async #changeUntilDone(isFatal: (error: unknown) => boolean = () => false): Promise<void> {
    while (!this.#stopped) {
      try {
        return await this.#change();
      } catch (err) {
        if (isFatal(err)) throw err;
        this.#deps.logger.warn({ err }, 'what waits for others of its group cannot be read now; it is tried again');
      }
      await pause(retryMs, this.#deps.scheduler);
    }
  }

  async #change(): Promise<void> {
    await this.#run?.stop();
    this.#run = undefined;
    const found = await readGroupHistory(this.#deps.log);
    const options = this.#options;
    if (lastRecord(found) === undefined && options === undefined) return;
    const again = await lastBatch(found, this.#deps);
    if (again !== undefined) await this.#deps.deliver(again);
    const history = await this.#settle(found);
    if (options === undefined || this.#stopped) return;
    const run = new GroupRun(this.#deps, options, history, () => void this.#readAgain());
    this.#run = run;
    await run.start(history);
  }

  /** Which channels are told in groups from here on, in the log before it is so. */
  async #settle(found: GroupHistory): Promise<GroupHistory> {
    const before = lastRecord(found);
    const wanted = this.#options === undefined ? [] : this.#deps.channels();
    const head = Math.max(await this.#deps.log.head(), this.#asked);
    const since = Object.fromEntries(wanted.map((name) => [name, before?.since[name] ?? head]));
    this.#since = since;
    if (before !== undefined && sameKeys(before.since, since)) return found;
    const gone = Object.keys(before?.since ?? {}).filter((name) => since[name] === undefined);
    if (gone.length > 0) await tellAlone(found, new Set(gone), this.#deps);
    const stays = Object.keys(before?.since ?? {}).some((name) => since[name] !== undefined);
    const record: GroupRecord = { v: 1, upTo: stays ? before!.upTo : head, since };
    const messageId = `group.${this.#deps.nonce}.since.${++this.#changes}`;
    const seq = await this.#deps.log.append({
      subject: groupSubject,
      body: record,
      messageId,
      expectedSeq: found.seq,
    });
    return { seq, records: [...found.records, { seq, record }] };
  }
}

/** What waits for channels that are told in groups no longer. */
async function tellAlone(
  history: GroupHistory,
  gone: ReadonlySet<string>,
  deps: HistoryDeps & { deliver: (message: OutboxMessage) => Promise<void> },
): Promise<void> {
  for await (const { event, channels } of waitingEvents(history, deps)) {
    const notify = channels.filter((channel) => gone.has(channel));
    if (event === undefined || notify.length === 0) continue;
    for (const message of outboxMessages({ ...event, notify }, deps.clock.wall())) await deps.deliver(message);
  }
}

function sameKeys(a: object, b: object): boolean {
  const keys = Object.keys(a);
  return keys.length === Object.keys(b).length && keys.every((key) => Object.hasOwn(b, key));
}

function pause(ms: number, scheduler: SchedulerLike): Promise<void> {
  return new Promise((resolve) => {
    scheduler.schedule(() => resolve(), ms);
  });
}
