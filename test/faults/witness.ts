import type { Notification } from '../../src/model/channel.js';
import { type Answer, type HttpReceiver, type ReceivedRequest, startHttpReceiver } from '../support/http-receiver.js';

/** One notification that the receiver took. */
export interface Arrival {
  readonly key: string;
  readonly alertId: string;
  readonly title: string;
  readonly transition: number;
  /** `opened 0`, `escalated 2`: type and level of escalation. */
  readonly step: string;
  /** `performance.now()`. */
  readonly at: number;
}

/** A webhook receiver that notes what it took, and when. */
export class Witness implements AsyncDisposable {
  readonly arrivals: Arrival[] = [];
  readonly #receiver: HttpReceiver;
  #decide: (request: ReceivedRequest) => Answer = () => 200;

  private constructor(receiver: HttpReceiver) {
    this.#receiver = receiver;
    receiver.answer((request) => {
      const answer = this.#decide(request);
      if (answer === 200) this.arrivals.push(arrivalOf(request));
      return answer;
    });
  }

  static async start(): Promise<Witness> {
    return new Witness(await startHttpReceiver());
  }

  get url(): string {
    return this.#receiver.url;
  }

  /** Requests so far, those that were refused included. */
  get requests(): number {
    return this.#receiver.requests.length;
  }

  answer(decide: (request: ReceivedRequest) => Answer): void {
    this.#decide = decide;
  }

  down(): Promise<void> {
    return this.#receiver.down();
  }

  up(): Promise<void> {
    return this.#receiver.up();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#receiver[Symbol.asyncDispose]();
  }
}

function arrivalOf({ headers, body }: ReceivedRequest): Arrival {
  const { type, data } = JSON.parse(body) as Notification;
  const { id, title, escalation } = data.alert;
  return {
    key: headers['idempotency-key'] ?? '',
    alertId: id,
    title,
    transition: data.transition,
    step: `${type} ${escalation.level}`,
    at: performance.now(),
  };
}
