import { connect, headers, type Msg, type NatsConnection } from 'nats';
import { type Collector, createCollector } from './collector.js';

type Answer = Readonly<Record<string, unknown>> & { readonly id?: string };

/** A plain NATS client, as any publisher in any language has one: knows nothing of our code. */
export class PlainNats implements AsyncDisposable {
  readonly #nc: NatsConnection;

  private constructor(nc: NatsConnection) {
    this.#nc = nc;
  }

  static async connect(url: string): Promise<PlainNats> {
    return new PlainNats(await connect({ servers: url, maxReconnectAttempts: -1, reconnectTimeWait: 50 }));
  }

  /** The raw connection, for what only NATS itself can do. */
  get connection(): NatsConnection {
    return this.#nc;
  }

  /** A text or bytes as they are, anything else as JSON. */
  publish(subject: string, body: unknown, contentType?: string): void {
    this.#nc.publish(subject, bytes(body), typed(contentType));
  }

  /** The answer, parsed. */
  async request<T = Answer>(subject: string, body: unknown, contentType?: string): Promise<T> {
    const message = await this.#nc.request(subject, bytes(body), { timeout: 10_000, ...typed(contentType) });
    return message.json<T>();
  }

  /** Everything that is published on `subject` from now on, parsed. Resolves once the server knows of it. */
  async listen<T = Answer>(subject: string): Promise<Collector<T>> {
    const heard = createCollector<T>();
    this.#nc.subscribe(subject, { callback: (_, message: Msg) => heard.add(message.json<T>()) });
    await this.#nc.flush();
    return heard;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#nc.close();
  }
}

function bytes(body: unknown): string | Uint8Array {
  return typeof body === 'string' || body instanceof Uint8Array ? body : JSON.stringify(body);
}

function typed(contentType: string | undefined) {
  if (contentType === undefined) return {};
  const given = headers();
  given.set('Content-Type', contentType);
  return { headers: given };
}
