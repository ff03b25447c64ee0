import { once } from 'node:events';
import { setTimeout as after } from 'node:timers/promises';
import { connect, type NatsConnection } from 'nats';
import { WebSocket } from 'ws';
import type { ServerMessage } from '../../src/model/wire.js';
import { type Distribution, distribution } from '../harness.js';

/** Fires for each sample that {@link AlertProbes} sends. */
export const probeRule = { id: 'probe', metric: 'probe.load', when: '> 90', severity: 'high' } as const;

const drainMs = 5_000;

/**
 * Publishes samples that fire, as any NATS client would, and times their alerts at a plain WebSocket client, both in
 * this process. The next sample goes out whether the alert of the one before has come or not.
 */
export class AlertProbes implements AsyncDisposable {
  readonly #nats: NatsConnection;
  readonly #client: WebSocket;
  /** When each was published, by source; those whose alerts have come are gone. */
  readonly #waiting = new Map<string, number>();
  #latencies: number[] = [];
  #sent = 0;

  private constructor(nats: NatsConnection, client: WebSocket) {
    this.#nats = nats;
    this.#client = client;
    client.on('message', (data) => {
      const now = performance.now();
      for (const message of JSON.parse(String(data)) as ServerMessage[]) this.#hear(message, now);
    });
  }

  /** Resolves when the client is subscribed to all alerts. */
  static async start(natsUrl: string, engineUrl: string): Promise<AlertProbes> {
    const nats = await connect({ servers: natsUrl });
    const client = new WebSocket(`${engineUrl.replace('http', 'ws')}/v1/stream`, { perMessageDeflate: false });
    await once(client, 'open');
    client.send(JSON.stringify({ op: 'subscribe', id: 1, topic: 'alerts' }));
    await once(client, 'message');
    return new AlertProbes(nats, client);
  }

  async send(perSecond: number, seconds: number): Promise<void> {
    for (const endAt = performance.now() + seconds * 1_000; performance.now() < endAt; ) {
      this.#sent += 1;
      const source = `probe-${this.#sent}`;
      this.#waiting.set(source, performance.now());
      this.#nats.publish(`metrics.${source}.${probeRule.metric}`, '{"value":95}');
      await after(1_000 / perSecond);
    }
  }

  /** Waits for alerts that are still on their way, tells about all since the last report, and forgets them. */
  async report(): Promise<{ readonly lost: number; readonly latency: Distribution }> {
    for (const endAt = performance.now() + drainMs; this.#waiting.size > 0 && performance.now() < endAt; )
      await after(10);
    const result = { lost: this.#waiting.size, latency: distribution(Float64Array.from(this.#latencies)) };
    this.#waiting.clear();
    this.#latencies = [];
    return result;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#client.terminate();
    await this.#nats.close();
  }

  #hear(message: ServerMessage, now: number): void {
    if (message.op !== 'alert' || message.event.type !== 'opened') return;
    const { source } = message.event.alert;
    const sentAt = this.#waiting.get(source);
    if (sentAt === undefined) return;
    this.#waiting.delete(source);
    this.#latencies.push(now - sentAt);
  }
}
