import { type ConfigInput, createEngine, type Engine, type LibraryOptions } from '../../src/index.js';
import type { Notification } from '../../src/model/channel.js';
import type { Collector } from './collector.js';
import { type HttpReceiver, startHttpReceiver } from './http-receiver.js';
import { PlainNats } from './plain-nats.js';
import { PlainClient } from './ws-client.js';

export interface HttpAnswer {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
}

/** What is stored of one transition, as any NATS client sees it. */
export interface StoredTransition {
  readonly type: string;
  readonly reason: string;
  readonly alert: Readonly<Record<string, unknown>> & { readonly id: string };
}

let engines = 0;
const quiet = { type: 'console', enabled: false } as const;

/**
 * An engine of the library on a real NATS server, and what the outside world has to do with it: a NATS client, an HTTP
 * receiver as its webhook `hook`, and its own address. Each has a prefix of its own, so that nothing is left over.
 */
export class Outside implements AsyncDisposable {
  readonly engine: Engine;
  readonly url: string;
  readonly prefix: string;
  readonly nats: PlainNats;
  readonly hook: HttpReceiver;
  /** Every stored transition. */
  readonly transitions: Collector<StoredTransition>;

  private constructor(
    engine: Engine,
    url: string,
    prefix: string,
    nats: PlainNats,
    hook: HttpReceiver,
    transitions: Collector<StoredTransition>,
  ) {
    this.engine = engine;
    this.url = url;
    this.prefix = prefix;
    this.nats = nats;
    this.hook = hook;
    this.transitions = transitions;
  }

  static async start(natsUrl: string, config: ConfigInput = {}, library: LibraryOptions = {}): Promise<Outside> {
    const { prefix = `outside${++engines}` } = config;
    const nats = await PlainNats.connect(natsUrl);
    const transitions = await nats.listen<StoredTransition>(`${prefix}.events.alert.>`);
    const hook = await startHttpReceiver();
    const input: ConfigInput = {
      defaultChannels: ['hook'],
      ...config,
      prefix,
      nats: { url: natsUrl },
      channels: { hook: { type: 'webhook', url: hook.url }, console: quiet, ...config.channels },
      gateway: { listen: '127.0.0.1:0', ...config.gateway },
    };
    const engine = createEngine(input, library);
    const { url } = await engine.start();
    return new Outside(engine, url!, prefix, nats, hook, transitions);
  }

  sample(name: string, value: number, source = 'web-1'): void {
    this.nats.publish(`metrics.${source}.${name}`, { value });
  }

  /** Raises an alert as a request on NATS. */
  raise(alert: Readonly<Record<string, unknown>>) {
    return this.nats.request('alerts.test', alert);
  }

  /** Waits for that many notifications; `type severity title` of each, in order of arrival. */
  async notified(count: number): Promise<string[]> {
    return (await this.notifications(count)).map(
      ({ type, data }) => `${type} ${data.alert.severity} ${data.alert.title}`,
    );
  }

  async notifications(count: number): Promise<Notification[]> {
    return (await this.hook.received(count)).map(({ body }) => JSON.parse(body));
  }

  /** Waits for that many transitions; `type reason` of each, in the order of the log. */
  async story(count: number): Promise<string[]> {
    return (await this.transitions.atLeast(count)).map(({ type, reason }) => `${type} ${reason}`);
  }

  get(path: string): Promise<HttpAnswer> {
    return http(`${this.url}${path}`);
  }

  post(path: string, body: unknown): Promise<HttpAnswer> {
    return http(`${this.url}${path}`, {
      method: 'POST',
      body: JSON.stringify(body),
      headers: { 'content-type': 'application/json' },
    });
  }

  open(...subprotocols: string[]): Promise<PlainClient> {
    return PlainClient.open(`${this.url}/v1/stream`, subprotocols);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.engine.stop();
    await this.hook[Symbol.asyncDispose]();
    await this.nats[Symbol.asyncDispose]();
  }
}

export async function http(url: string, init: RequestInit = {}): Promise<HttpAnswer> {
  const response = await fetch(url, init);
  return { status: response.status, body: (await response.json()) as HttpAnswer['body'] };
}
