import { Observable, type OperatorFunction, type SchedulerLike } from 'rxjs';
import type { AlertRecord } from '../model/alert.js';
import { alertIdKeyHash } from '../model/alert.js';
import type { DecisionContext, Reservation } from '../model/decision/index.js';
import { type Decision, decide } from '../model/decision/index.js';
import { TocsinError } from '../model/errors.js';
import type { EscalationChain } from '../model/escalation.js';
import type { StoredEvent } from '../model/event.js';
import type { Logger } from '../model/logger.js';
import type { RoutingTable } from '../model/routing.js';
import { route } from '../model/routing.js';
import type { AdmissionGate, AdmissionToken } from './admission.js';
import { alertSubject } from './alert-subject.js';
import { CommonParts } from './common-parts.js';
import { Copies, isCopy } from './copies.js';
import { Desks } from './desks.js';
import { shortHash } from './hash.js';
import type { Asked, KeyDesk, Write } from './key-desk.js';
import { isUnavailable, type LogHealth } from './log-health.js';
import type { Mutes } from './mutes.js';
import type { Clock, EventLog, LogAppend } from './ports.js';
import { reloadDesk } from './reload-desk.js';
import { overflowNotice, Unrecorded } from './unrecorded.js';

export type { Asked, Outcome } from './key-desk.js';

/** A transition that the log has confirmed. */
export interface Stored {
  readonly seq: number;
  readonly event: StoredEvent;
}

export interface LifecycleDeps {
  readonly log: EventLog;
  readonly health: LogHealth;
  readonly admission: AdmissionGate;
  readonly mutes: Pick<Mutes, 'muting'>;
  readonly routing: () => RoutingTable;
  readonly chain: (id: string) => EscalationChain | undefined;
  /** How often alerts repeat whose rule does not say. Absent: never. */
  readonly repeatMs?: () => number | undefined;
  /** How long the next rung of an alert has yet to wait, where a timer is armed for it. */
  readonly leftMs?: (record: AlertRecord) => number | undefined;
  readonly clock: Clock;
  readonly scheduler: SchedulerLike;
  readonly logger: Logger;
  /** A copy was counted and will be written together with others. */
  readonly onFolded: (event: StoredEvent) => void;
  /** The log refuses a transition of a rule or a timer: it is remembered, and must be told now. */
  readonly onUnrecorded: (event: StoredEvent) => void;
  /** A transition is lost: too many wait for the log, or it can never be written. */
  readonly onLost: () => void;
  /** Distinguishes the writes of this process from those of any other. */
  readonly writer: string;
  /** What the log held at start: the last record of each key. */
  readonly loaded: Iterable<{ readonly seq: number; readonly record: AlertRecord }>;
}

/** A write that lost against another writer is decided again this often. */
const maxConflicts = 8;
/** Pause before a rule's or a timer's transition is offered to the log again. */
const retryMs = 500;
/** Writes that the log has not yet confirmed; more would only make each of them later. */
const maxInFlight = 2_000;
/** Inputs that may wait for writes in flight. */
const maxWaiting = 50_000;

/**
 * The one stage that writes alerts. Inputs of one key are decided one after the other, each against the record that
 * the log has confirmed; different keys are pipelined. Emits each transition once it is stored.
 */
export function lifecycle(deps: LifecycleDeps): OperatorFunction<Asked, Stored> {
  return (source) =>
    new Observable((subscriber) => {
      const desk = new Lifecycle(deps, (stored) => subscriber.next(stored));
      subscriber.add(() => desk.close());
      subscriber.add(deps.health.back$.subscribe(() => desk.recordAll()));
      subscriber.add(
        source.subscribe({
          next: (asked) => desk.submit(asked),
          error: (error) => subscriber.error(error),
          complete: () => desk.whenIdle(() => subscriber.complete()),
        }),
      );
    });
}

class Lifecycle {
  readonly #deps: LifecycleDeps;
  readonly #emit: (stored: Stored) => void;
  readonly #desks = new Desks();
  readonly #parts = new CommonParts();
  /** Keys at which something waits only because too many writes of others are in flight. */
  readonly #backlog = new Set<KeyDesk>();
  readonly #copies: Copies;
  readonly #unrecorded: Unrecorded;
  #overflowed = false;
  #writes = 0;
  #waiting = 0;
  #inFlight = 0;
  #closed = false;
  #idle: (() => void) | undefined = undefined;

  constructor(deps: LifecycleDeps, emit: (stored: Stored) => void) {
    this.#deps = deps;
    this.#emit = emit;
    this.#copies = new Copies({
      desks: this.#desks,
      scheduler: deps.scheduler,
      later: (action, delayMs) => this.#later(action, delayMs),
      submit: (asked) => this.submit(asked),
    });
    this.#unrecorded = new Unrecorded({
      ...deps,
      onRecorded: (desk, write, seq) => this.#recorded(desk, write, seq),
      onMoved: (desk, writes) => this.#decideAgain(desk, writes),
      onLost: (write, error) => this.#lose(write, error),
      onSettled: (desk) => {
        this.#drain(desk);
        this.#goOn();
      },
    });
    for (const { seq, record } of deps.loaded) this.#desks.store(this.#desks.at(record.keyHash), record, seq);
  }

  submit(asked: Asked): void {
    const { input } = asked;
    const desk = this.#desks.at(input.kind === 'command' ? alertIdKeyHash(input.id) : shortHash(input.key));
    if (this.#mayDecide(desk)) {
      this.#decide(desk, asked, 0);
      this.#drain(desk);
    } else if (asked.reply === undefined || this.#waiting < maxWaiting) {
      this.#waiting++;
      desk.waitLast(asked);
      if (!desk.busy) this.#backlog.add(desk);
    } else {
      asked.reply({ ok: false, error: overloaded() });
    }
  }

  /** One write of a key at a time, and not too many of all keys. */
  #mayDecide(desk: KeyDesk): boolean {
    return !desk.busy && this.#inFlight < maxInFlight && !desk.hasWaiting;
  }

  /** Calls back once, when nothing is in flight any more. */
  whenIdle(callback: () => void): void {
    this.#idle = callback;
    this.#copies.writeAll();
    this.#checkIdle();
  }

  close(): void {
    this.#closed = true;
    const { size } = this.#unrecorded;
    if (size > 0) this.#deps.logger.error({ transitions: size }, 'the log never took what it had refused: it is lost');
  }

  /** The log takes writes again. */
  recordAll(): void {
    this.#overflowed = false;
    void this.#unrecorded.recordAll();
  }

  #decide(desk: KeyDesk, asked: Asked, conflicts: number): void {
    if (asked.reply !== undefined && !this.#deps.health.isWell) {
      desk.busy = false;
      asked.reply({ ok: false, error: unavailable(this.#deps.health.trouble) });
      return;
    }
    const decision = this.#decision(desk, asked);
    if (decision.kind === 'write') {
      this.#carryOut(desk, asked, decision, conflicts);
      return;
    }
    desk.busy = false;
    if (decision.kind === 'keep') asked.reply?.({ ok: true, answer: decision.answer });
    else asked.reply?.({ ok: false, error: decision.error });
  }

  #decision(desk: KeyDesk, { input }: Asked): Decision {
    try {
      return this.#withCommonParts(decide(recordFor(desk, input), input, this.#context(desk)));
    } catch (cause) {
      this.#deps.logger.error({ err: cause, key: input.key }, 'a decision failed');
      return { kind: 'refuse', error: new TocsinError('internal', 'the decision failed', { cause }) };
    }
  }

  #withCommonParts(decision: Decision): Decision {
    if (decision.kind !== 'write') return decision;
    const { event } = decision;
    return { ...decision, event: { ...event, alert: this.#parts.of(event.alert) } };
  }

  #context(desk: KeyDesk): DecisionContext {
    const { admission, routing, chain, repeatMs, leftMs, mutes, clock, scheduler } = this.#deps;
    const mono = scheduler.now();
    return {
      now: clock.wall(),
      keyHash: desk.keyHash,
      repeatMs: repeatMs?.(),
      ...(leftMs && { leftMs }),
      mutes: (alert) => mutes.muting(alert),
      ask: (reservation) => admission.ask(reservation, mono),
      rateKey: (alert) => admission.rateKey(alert),
      dedupeKey: (alert) => admission.dedupeKey(alert),
      route: (alert) => route(routing(), alert),
      chain,
    };
  }

  #carryOut(desk: KeyDesk, asked: Asked, decision: Decision & { kind: 'write' }, conflicts: number): void {
    const { event } = decision;
    if (asked.input.kind === 'raise' && isCopy(event) && this.#copies.fold(desk, event.alert)) {
      this.#deps.admission.folded(event, this.#deps.scheduler.now());
      this.#deps.onFolded(event);
      desk.busy = false;
      asked.reply?.({ ok: true, answer: decision.answer });
      return;
    }
    if (this.#copies.isOvertaken(desk, event)) {
      this.#afterCopies(desk, asked);
      return;
    }
    if (asked.input.kind === 'raise') desk.lastCopy = undefined;
    const token = this.#reserve(event, decision.reserve);
    const entry = this.#entry(desk, event);
    const write: Write = { asked, event, answer: decision.answer, entry, token, conflicts };
    if (!this.#deps.health.isWell) {
      this.#hold(desk, write);
      return;
    }
    desk.busy = true;
    this.#inFlight++;
    this.#deps.log.append(entry).then(
      (seq) => this.#stored(desk, write, seq),
      (error: unknown) => this.#failed(desk, write, error),
    );
  }

  /** The copies first, on the alert that they are of. */
  #afterCopies(desk: KeyDesk, asked: Asked): void {
    const inOrder = [this.#copies.take(desk), asked].filter((each) => each !== undefined);
    desk.busy = false;
    desk.waitFirst(inOrder);
    this.#waiting += inOrder.length;
    this.#drain(desk);
  }

  /** What admission is asked for counts from the decision on, in order of arrival, and is given back when the write fails. */
  #reserve(event: StoredEvent, reserve: Reservation | undefined): AdmissionToken | undefined {
    const { admission, scheduler } = this.#deps;
    const now = scheduler.now();
    if (reserve !== undefined) return admission.commit(reserve, event.alert.id, now);
    return event.reason === 'rate_limited' ? admission.holdBack(event, now) : undefined;
  }

  #entry(desk: KeyDesk, event: StoredEvent): LogAppend {
    const { alert } = event;
    return {
      subject: alertSubject(alert),
      body: event,
      expectedSeq: desk.seq,
      messageId: `${alert.id}:${alert.n}:${this.#deps.writer}${++this.#writes}`,
      headers: { 'Tocsin-Type': event.type, 'Tocsin-Severity': alert.severity },
    };
  }

  #stored(desk: KeyDesk, { asked, event, answer }: Write, seq: number): void {
    this.#inFlight--;
    desk.busy = false;
    this.#desks.store(desk, event.alert, seq);
    this.#deps.admission.stored(event, this.#deps.scheduler.now());
    if (!this.#closed) this.#emit({ seq, event });
    asked.reply?.({ ok: true, answer });
    const { duplicateOf } = event.alert.admission;
    if (event.reason === 'duplicate' && event.type === 'opened' && duplicateOf !== undefined)
      this.#copies.countOn(duplicateOf);
    this.#drain(desk);
    this.#goOn();
  }

  #failed(desk: KeyDesk, write: Write, error: unknown): void {
    this.#inFlight--;
    if (isUnavailable(error)) this.#deps.health.refused(error);
    if (error instanceof TocsinError && error.code === 'log_conflict' && write.conflicts < maxConflicts) {
      this.#release(write);
      void reloadDesk(desk, this.#desks, this.#deps).then(() => {
        this.#decide(desk, write.asked, write.conflicts + 1);
        this.#drain(desk);
      });
      return;
    }
    if (write.asked.reply !== undefined) this.#refuse(desk, write, error);
    else if (isUnavailable(error)) this.#hold(desk, write);
    else this.#tryLater(desk, write, error);
    this.#drain(desk);
    this.#goOn();
  }

  /** Whoever asked may ask again; nothing of it is left behind. */
  #refuse(desk: KeyDesk, write: Write, error: unknown): void {
    this.#release(write);
    desk.busy = false;
    write.asked.reply?.({ ok: false, error: error instanceof TocsinError ? error : unavailable(error) });
  }

  /** Too many others wrote this key; or no retry would help. */
  #tryLater(desk: KeyDesk, write: Write, error: unknown): void {
    if (!(error instanceof TocsinError && error.temporary)) {
      desk.busy = false;
      desk.record = write.event.alert;
      this.#lose(write, error);
      return;
    }
    this.#release(write);
    const { logger } = this.#deps;
    logger.warn({ err: error, key: write.asked.input.key }, 'a transition could not be stored; it is tried again');
    this.#later(() => {
      this.#decide(desk, write.asked, 0);
      this.#drain(desk);
    });
  }

  /** What a rule or a timer brings about cannot be refused: it is remembered and told, and written later. */
  #hold(desk: KeyDesk, write: Write): void {
    desk.busy = false;
    if (this.#unrecorded.isFull && write.asked.input.kind !== 'notice') {
      this.#release(write);
      this.#deps.onLost();
      this.#tellOverflow();
      return;
    }
    this.#unrecorded.hold(desk, write);
    this.#deps.admission.stored(write.event, this.#deps.scheduler.now());
    if (!this.#closed) this.#deps.onUnrecorded(write.event);
  }

  /** Once an outage. */
  #tellOverflow(): void {
    if (this.#overflowed) return;
    this.#overflowed = true;
    this.submit({ input: overflowNotice(this.#unrecorded.size, this.#deps.clock.wall()) });
  }

  #lose(write: Write, error: unknown): void {
    const { logger, onLost, onUnrecorded } = this.#deps;
    logger.error({ err: error, alert: write.event.alert.id }, 'a transition can never be stored: it is told, and lost');
    onLost();
    if (!this.#closed) onUnrecorded(write.event);
  }

  /** The log has a transition that it had refused. */
  #recorded(desk: KeyDesk, { event }: Write, seq: number): void {
    this.#desks.store(desk, event.alert, seq);
    if (!this.#closed) this.#emit({ seq, event });
  }

  /** Others wrote this key while the log refused us: what waits is decided again on what is there now. */
  async #decideAgain(desk: KeyDesk, writes: readonly Write[]): Promise<void> {
    for (const write of writes) this.#release(write);
    desk.record = undefined;
    desk.seq = 0;
    await reloadDesk(desk, this.#desks, this.#deps);
    desk.waitFirst(writes.map(({ asked }) => asked));
    this.#waiting += writes.length;
  }

  #release({ token }: Write): void {
    if (token !== undefined) this.#deps.admission.release(token);
  }

  /** What waited, until the next write is in flight. */
  #drain(desk: KeyDesk): void {
    while (!desk.busy && desk.hasWaiting && this.#inFlight < maxInFlight) {
      this.#waiting--;
      this.#decide(desk, desk.takeWaiting(), 0);
    }
    if (!desk.busy && desk.hasWaiting) this.#backlog.add(desk);
    this.#desks.release(desk);
    this.#checkIdle();
  }

  /** A write has ended: the key that waited longest takes its place. */
  #goOn(): void {
    for (const desk of this.#backlog) {
      if (this.#inFlight >= maxInFlight) return;
      this.#backlog.delete(desk);
      this.#drain(desk);
    }
  }

  #later(action: () => void, delayMs = retryMs): void {
    this.#deps.scheduler.schedule(() => {
      if (!this.#closed) action();
    }, delayMs);
  }

  #checkIdle(): void {
    if (this.#inFlight > 0 || this.#waiting > 0 || this.#idle === undefined) return;
    const callback = this.#idle;
    this.#idle = undefined;
    callback();
  }
}

/** Copies are counted on the first one, even when another copy stands on top of it. */
function recordFor(desk: KeyDesk, input: Asked['input']): AlertRecord | undefined {
  return input.kind === 'count' ? desk.recordOf(input.id) : desk.record;
}

function overloaded(): TocsinError {
  return new TocsinError('overloaded', 'more alerts wait to be stored than the engine may hold', { temporary: true });
}

function unavailable(cause: unknown): TocsinError {
  return new TocsinError('log_unavailable', 'the event log cannot be written now', { temporary: true, cause });
}
