import { setTimeout as after } from 'node:timers/promises';
import { connect, createInbox, type NatsConnection } from 'nats';
import { type Distribution, distribution } from '../harness.js';
import { stormAlert } from './alerts.js';
import { serve } from './remote.js';
import { dueAt, dueBy, monotonicNow, type Schedule } from './schedule.js';

/**
 * Raises alerts on schedule by NATS requests, whatever becomes of those before. An alert counts as recorded when its
 * answer says so, which comes after the log has it; one that is refused for now is raised again, as its sender would.
 */
const calls = { start, raise };
export type RaiserCalls = typeof calls;

export interface RaiseReport {
  readonly recorded: number;
  /** Refused for good. */
  readonly refused: number;
  /** Answers that asked to come again. */
  readonly retries: number;
  /** From when the first alert was due to the last answer. */
  readonly tookMs: number;
  /** From when an alert was due to its answer. */
  readonly latency: Distribution;
  /** How far behind its schedule the sender itself was. */
  readonly behind: Distribution;
}

interface Answer {
  readonly ok: boolean;
  readonly error?: { readonly temporary?: boolean };
}

interface Raise {
  readonly schedule: Schedule;
  /** No answer within this time: the alert is lost. */
  readonly withinMs: number;
}

const subject = 'alerts.storm';
const firstPauseMs = 1_000;
const longestPauseMs = 8_000;
let connection: NatsConnection | undefined;

async function start({ url }: { readonly url: string }): Promise<void> {
  connection = await connect({ servers: url });
}

async function raise({ schedule, withinMs }: Raise): Promise<RaiseReport> {
  const raising = new Raising(schedule, connection!);
  await raising.offer();
  await Promise.race([raising.answered, after(withinMs)]);
  return raising.report();
}

class Raising {
  /** Resolves when each alert has its last answer. */
  readonly answered: Promise<void>;
  readonly #schedule: Schedule;
  readonly #nats: NatsConnection;
  readonly #inbox = createInbox();
  readonly #latencies: number[] = [];
  readonly #behind: Float64Array;
  /** How long each alert that is raised again waited last. */
  readonly #pauses = new Map<number, number>();
  #refused = 0;
  #retries = 0;
  #lastAt = 0;
  #onAnswered: () => void = () => undefined;

  constructor(schedule: Schedule, nats: NatsConnection) {
    this.#schedule = schedule;
    this.#nats = nats;
    this.#behind = new Float64Array(schedule.count);
    this.answered = new Promise((resolve) => {
      this.#onAnswered = resolve;
    });
    const at = this.#inbox.length + 1;
    nats.subscribe(`${this.#inbox}.*`, {
      callback: (_, message) => this.#hear(Number(message.subject.slice(at)), message.json<Answer>()),
    });
  }

  async offer(): Promise<void> {
    const { count } = this.#schedule;
    for (let sent = 0; sent < count; await after(1)) {
      const now = monotonicNow();
      for (const due = dueBy(this.#schedule, now); sent < due; sent += 1) {
        this.#behind[sent] = now - dueAt(this.#schedule, sent);
        this.#send(sent);
      }
    }
  }

  report(): RaiseReport {
    return {
      recorded: this.#latencies.length,
      refused: this.#refused,
      retries: this.#retries,
      tookMs: this.#lastAt - this.#schedule.startAt,
      latency: distribution(Float64Array.from(this.#latencies)),
      behind: distribution(this.#behind),
    };
  }

  #send(index: number): void {
    this.#nats.publish(subject, JSON.stringify(stormAlert(index)), { reply: `${this.#inbox}.${index}` });
  }

  #hear(index: number, { ok, error }: Answer): void {
    if (!ok && error?.temporary) {
      this.#comeAgain(index);
      return;
    }
    this.#lastAt = monotonicNow();
    if (ok) this.#latencies.push(this.#lastAt - dueAt(this.#schedule, index));
    else this.#refused += 1;
    if (this.#latencies.length + this.#refused === this.#schedule.count) this.#onAnswered();
  }

  /** Later each time, and not all at the same moment. */
  #comeAgain(index: number): void {
    this.#retries += 1;
    const pauseMs = Math.min(longestPauseMs, 2 * (this.#pauses.get(index) ?? firstPauseMs / 2));
    this.#pauses.set(index, pauseMs);
    setTimeout(() => this.#send(index), pauseMs * (0.5 + Math.random()));
  }
}

serve(calls);
