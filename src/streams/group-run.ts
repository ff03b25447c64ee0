import { type SchedulerLike, Subscription } from 'rxjs';
import type { OutboxMessage } from '../model/delivery.js';
import { TocsinError } from '../model/errors.js';
import { DriverTimer } from '../operators/adapter/driver-timer.js';
import { type HistoryDeps, isGrouped, lastRecord, waitingEvents } from './group-history.js';
import { GroupHold, type GroupTimes, type ReadyBatch } from './group-hold.js';
import { parseGroupKey } from './group-key.js';
import { groupMessage } from './group-message.js';
import { type GroupHistory, type GroupRecord, groupSubject } from './group-record.js';
import type { Retired } from './janitor.js';
import type { LogEntry } from './ports.js';
import { storedEvent } from './stored-event.js';

export interface GroupingOptions extends GroupTimes {
  /** Notifications that one message tells; the others are counted. */
  readonly max: number;
}

export interface GroupRunDeps extends HistoryDeps {
  readonly scheduler: SchedulerLike;
  /** Puts a message on its way. */
  readonly deliver: (message: OutboxMessage) => Promise<void>;
  /** Records that nobody needs any more. */
  readonly onRetired: (retired: Retired) => void;
  /** Tells the writes of this process from those of others. */
  readonly nonce: string;
}

interface KeptRecord {
  readonly seq: number;
  /** Needed until nothing up to here waits, and until this wall time. */
  readonly lastEvent: number;
  readonly quietAt: number;
}

/** Above it nothing more is taken from the log until some is told. */
const mostHeld = 40_000;
/** Events after which it is noted how far we are, though nothing was told. */
const markEvery = 20_000;
const retryMs = 1_000;

/**
 * Groups what the log says must be told, from what it says of the batches before: what waits here is in no other place.
 * Ends by itself, and calls `onLost`, when somebody else wrote a record: what we know is then no longer so.
 */
export class GroupRun {
  readonly #deps: GroupRunDeps;
  readonly #options: GroupingOptions;
  readonly #onLost: () => void;
  readonly #hold: GroupHold;
  readonly #timer: DriverTimer;
  readonly #open = new Subscription();
  /** From the scheduler's time to the wall time at the start; the wall clock may step later. */
  readonly #offsetMs: number;
  readonly #since: GroupRecord['since'];
  #following: Subscription | undefined;
  #records: KeptRecord[];
  #seq: number;
  #upTo: number;
  /** The last transition that was looked at. */
  #read: number;
  #lastIsBatch = false;
  #writes = 0;
  #working: Promise<void> | undefined;

  constructor(deps: GroupRunDeps, options: GroupingOptions, history: GroupHistory, onLost: () => void) {
    const { clock, scheduler } = deps;
    this.#deps = deps;
    this.#options = options;
    this.#onLost = onLost;
    this.#offsetMs = clock.wall() - scheduler.now();
    this.#timer = new DriverTimer(scheduler, () => this.#wake());
    const { upTo, since, batch } = lastRecord(history)!;
    this.#since = since;
    this.#seq = history.seq;
    this.#upTo = upTo;
    this.#lastIsBatch = batch !== undefined;
    this.#read = upTo;
    this.#records = history.records.map(({ seq, record }) => this.#kept(seq, record));
    const batches = history.records.flatMap(({ record }) => record.batch ?? []);
    this.#hold = new GroupHold(options, batches, this.#now());
  }

  /** Takes up what waits, and from there on what comes. Rejects with `log_unavailable`. */
  async start(history: GroupHistory): Promise<void> {
    for await (const { seq, time, event, channels } of waitingEvents(history, this.#deps)) {
      this.#read = seq;
      for (const channel of channels) this.#hold.add(seq, event!, channel, Math.min(time, this.#now()));
    }
    this.#follow();
    this.#wake();
  }

  /** What is being written is; everything else stays in the log. */
  async stop(): Promise<void> {
    this.#end();
    await this.#working;
  }

  #end(): void {
    this.#open.unsubscribe();
    this.#timer.dispose();
    this.#following?.unsubscribe();
  }

  #follow(): void {
    this.#following = this.#deps.log.follow('alert.>', { fromSeq: this.#read + 1 }).subscribe((entry) => {
      this.#take(entry);
    });
  }

  #take(entry: LogEntry): void {
    if (this.#open.closed || entry.seq <= this.#read) return;
    this.#read = entry.seq;
    const event = storedEvent(entry, this.#deps);
    for (const channel of event?.notify ?? []) {
      if (isGrouped(this.#since, channel, entry.seq)) this.#hold.add(entry.seq, event!, channel, this.#now());
    }
    if (this.#hold.size >= mostHeld) this.#following?.unsubscribe();
    this.#arm();
  }

  #arm(): void {
    if (this.#working !== undefined) return;
    const due = this.#doneUpTo() - this.#upTo >= markEvery ? this.#now() : this.#hold.nextDue;
    this.#timer.armAt(due - this.#offsetMs);
  }

  #wake(): void {
    if (this.#working !== undefined || this.#open.closed) return;
    this.#working = this.#work()
      .catch((error: unknown) => this.#failed(error))
      .finally(() => {
        this.#working = undefined;
        if (!this.#open.closed) this.#arm();
      });
  }

  async #work(): Promise<void> {
    for (let ready = this.#hold.take(this.#now()); ready.length > 0; ready = this.#hold.take(this.#now())) {
      for (const batch of ready) await this.#tell(batch);
      if (this.#following?.closed && this.#hold.size < mostHeld / 2) this.#follow();
    }
    // All batches are in the outbox: a start need not put the last one again.
    if (this.#lastIsBatch || this.#doneUpTo() - this.#upTo >= markEvery) await this.#write({});
  }

  /** First the record, then the message. */
  async #tell(ready: ReadyBatch): Promise<void> {
    const { log, clock } = this.#deps;
    const { key, reason, members } = ready;
    this.#hold.release(ready);
    const batch = { key, reason, at: clock.wall(), max: this.#options.max, seqs: members.map(({ seq }) => seq) };
    await this.#write({ batch });
    const message = groupMessage(batch, members, log.epoch);
    if (message !== undefined) await this.#untilDone('put into the outbox', () => this.#deps.deliver(message));
    this.#hold.told(ready, parseGroupKey(key).channel);
  }

  async #write(fields: Pick<GroupRecord, 'batch'>): Promise<void> {
    const record: GroupRecord = { v: 1, upTo: this.#doneUpTo(), since: this.#since, ...fields };
    const messageId = `group.${this.#deps.nonce}.${++this.#writes}`;
    const append = { subject: groupSubject, body: record, messageId };
    this.#seq = await this.#untilDone('recorded', () => this.#deps.log.append({ ...append, expectedSeq: this.#seq }));
    this.#upTo = record.upTo;
    this.#lastIsBatch = record.batch !== undefined;
    this.#records.push(this.#kept(this.#seq, record));
    this.#retire();
  }

  /** No event up to here waits. */
  #doneUpTo(): number {
    const { lowest } = this.#hold;
    return lowest === undefined ? this.#read : lowest - 1;
  }

  #kept(seq: number, { batch }: GroupRecord): KeptRecord {
    if (batch === undefined) return { seq, lastEvent: 0, quietAt: 0 };
    return { seq, lastEvent: batch.seqs.at(-1) ?? 0, quietAt: batch.at + this.#options.intervalMs };
  }

  #retire(): void {
    const wall = this.#deps.clock.wall();
    const needed = this.#records.findIndex(
      ({ lastEvent, quietAt }, i) => lastEvent > this.#upTo || quietAt > wall || i === this.#records.length - 1,
    );
    const last = this.#records.splice(0, needed).at(-1);
    if (last === undefined) return;
    this.#deps.onRetired({ at: wall, places: [{ subject: groupSubject, upToSeq: last.seq }] });
  }

  /** Again and again, until it is or we end. */
  async #untilDone<T>(what: string, work: () => Promise<T>): Promise<T> {
    for (;;) {
      try {
        this.#requireOpen();
        return await work();
      } catch (error) {
        if (this.#open.closed || isConflict(error)) throw error;
        this.#deps.logger.warn({ err: error }, `a batch of notifications cannot be ${what} now; it is tried again`);
      }
      await this.#pause(retryMs);
    }
  }

  #requireOpen(): void {
    if (this.#open.closed) throw new TocsinError('stopping', 'the engine is stopping', { temporary: true });
  }

  #failed(error: unknown): void {
    if (this.#open.closed) return;
    this.#end();
    this.#deps.logger.info({ err: error }, 'the groups of notifications are read again');
    this.#onLost();
  }

  /** Shorter when we end. */
  async #pause(ms: number): Promise<void> {
    const pause = new Subscription();
    await new Promise<void>((resolve) => {
      pause.add(resolve);
      pause.add(this.#deps.scheduler.schedule(() => resolve(), ms));
      this.#open.add(pause);
    });
    this.#open.remove(pause);
  }

  #now(): number {
    return this.#deps.scheduler.now() + this.#offsetMs;
  }
}

/** Somebody else was faster. */
export function isConflict(error: unknown): boolean {
  return error instanceof TocsinError && error.code === 'log_conflict';
}
