import { BehaviorSubject, type SchedulerLike } from 'rxjs';
import { TocsinError } from '../../model/errors.js';
import type { Logger } from '../../model/logger.js';
import { subjectMatches } from '../../model/subject.js';
import { fittingAnswer } from '../driver/answer.js';
import type { DriverCounters } from '../driver/counters.js';
import { createGate } from '../driver/gate.js';
import { checkSubject } from '../driver/subjects.js';
import type { Bus, BusMessage, BusStatus, BusSubscription, Headers } from '../ports.js';
import { createTurn } from './turn.js';

export interface MemoryBusOptions {
  readonly scheduler: SchedulerLike;
  readonly log: Logger;
  readonly counters: DriverCounters;
}

interface Receiver {
  readonly pattern: string;
  readonly queue: string | undefined;
  readonly handler: (message: BusMessage) => void;
}

const defaultRequestMs = 2_000;
const routeCap = 10_000;
/** As NATS has it by default. */
const maxAnswerBytes = 1_048_576;

/** Publish, subscribe and request inside one process. */
export class MemoryBus implements Bus {
  readonly server = 'in-process';
  readonly #options: MemoryBusOptions;
  readonly #status$ = new BehaviorSubject<BusStatus>('connected');
  readonly status$ = this.#status$.asObservable();
  readonly #receivers = new Set<Receiver>();
  /** Receivers by concrete subject, until somebody comes or goes. */
  readonly #routes = new Map<string, readonly Receiver[]>();
  readonly #pending: BusMessage[] = [];
  readonly #deliver = createTurn(() => this.#deliverPending());
  readonly #mayLog = createGate(1_000);
  #rotation = 0;
  #inboxes = 0;

  constructor(options: MemoryBusOptions) {
    this.#options = options;
  }

  subscribe(
    subject: string,
    handler: (message: BusMessage) => void,
    { queue }: { readonly queue?: string } = {},
  ): BusSubscription {
    checkSubject(subject, { wildcards: true });
    if (this.#closed()) throw unavailable('the connection is closed');
    const receiver: Receiver = { pattern: subject, queue, handler };
    this.#receivers.add(receiver);
    this.#routes.clear();
    return { unsubscribe: () => this.#remove(receiver) };
  }

  publish(subject: string, data: Uint8Array, headers?: Headers): void {
    checkSubject(subject, { wildcards: false });
    this.#send(toMessage(subject, data, headers));
  }

  async request(
    subject: string,
    data: Uint8Array,
    { timeoutMs = defaultRequestMs, headers }: { readonly timeoutMs?: number; readonly headers?: Headers } = {},
  ): Promise<BusMessage> {
    checkSubject(subject, { wildcards: false });
    if (this.#closed() || this.#route(subject).length === 0) throw unavailable(`nobody listens on ${subject}`);
    const inbox = `_INBOX.${++this.#inboxes}`;
    return new Promise((resolve, reject) => {
      const end = (settle: () => void) => {
        late.unsubscribe();
        answers.unsubscribe();
        settle();
      };
      const answers = this.subscribe(inbox, (message) => end(() => resolve(message)));
      const overdue = () => end(() => reject(unavailable(`nobody answered on ${subject}`)));
      const late = this.#options.scheduler.schedule(overdue, timeoutMs);
      const respond = (answer: Uint8Array) => {
        this.#send(toMessage(inbox, fittingAnswer(answer, maxAnswerBytes, this.#options.counters)));
      };
      this.#send({ ...toMessage(subject, data, headers), respond });
    });
  }

  async flush(): Promise<void> {
    if (this.#closed()) throw unavailable('the connection is closed');
    this.#deliverPending();
  }

  close(): void {
    if (this.#closed()) return;
    this.#status$.next('closed');
    this.#status$.complete();
    this.#receivers.clear();
    this.#routes.clear();
  }

  #closed(): boolean {
    return this.#status$.value === 'closed';
  }

  #remove(receiver: Receiver): void {
    if (this.#receivers.delete(receiver)) this.#routes.clear();
  }

  #send(message: BusMessage): void {
    if (this.#closed()) {
      this.#options.counters.publishes_dropped++;
      return;
    }
    this.#pending.push(message);
    this.#deliver();
  }

  #deliverPending(): void {
    for (const message of this.#pending.splice(0)) {
      this.#rotation++;
      for (const receiver of this.#chosen(this.#route(message.subject))) this.#hand(message, receiver);
    }
  }

  #route(subject: string): readonly Receiver[] {
    const known = this.#routes.get(subject);
    if (known) return known;
    if (this.#routes.size >= routeCap) this.#routes.clear();
    const route = [...this.#receivers].filter(({ pattern }) => subjectMatches(pattern, subject));
    this.#routes.set(subject, route);
    return route;
  }

  /** Of each queue group one member, in turn. */
  #chosen(route: readonly Receiver[]): readonly Receiver[] {
    if (route.every(({ queue }) => queue === undefined)) return route;
    return route.filter(({ queue }, index) => {
      if (queue === undefined) return true;
      const members = route.filter((other) => other.queue === queue);
      return route[index] === members[this.#rotation % members.length];
    });
  }

  #hand(message: BusMessage, receiver: Receiver): void {
    if (!this.#receivers.has(receiver)) return;
    try {
      receiver.handler(message);
    } catch (err) {
      this.#options.counters.callback_failures++;
      if (this.#mayLog()) this.#options.log.error({ subject: message.subject, err }, 'a message handler failed');
    }
  }
}

/** The sender may use its buffer again. */
function toMessage(subject: string, data: Uint8Array, headers: Headers = {}): BusMessage {
  return { subject, data: data.slice(), header: (name) => findHeader(headers, name) };
}

function findHeader(headers: Headers, name: string): string | undefined {
  const wanted = name.toLowerCase();
  const key = Object.keys(headers).find((candidate) => candidate.toLowerCase() === wanted);
  return key === undefined ? undefined : headers[key];
}

function unavailable(message: string): TocsinError {
  return new TocsinError('bus_unavailable', message, { temporary: true });
}
