import type { NatsConnection } from 'nats';
import { eventually } from '../support/eventually.js';
import { startTestNats, type TestNats } from '../support/nats-server.js';
import { PlainNats } from '../support/plain-nats.js';
import { EngineProcess } from './engine.js';
import { groupBy, missing } from './ledger.js';
import { Publisher } from './publisher.js';
import { Witness } from './witness.js';

/** Everything that a fault needs: a nats-server, a publisher, a receiver and an engine, each to be broken by itself. */
export class Rig implements AsyncDisposable {
  readonly nats: TestNats;
  readonly client: PlainNats;
  readonly publisher: Publisher;
  readonly hook: Witness;
  readonly engine: EngineProcess;

  private constructor(nats: TestNats, client: PlainNats, hook: Witness, engine: EngineProcess) {
    this.nats = nats;
    this.client = client;
    this.hook = hook;
    this.engine = engine;
    this.publisher = new Publisher(client);
  }

  /** `more`: further lines of configuration, `channels`: channels besides `hook`. The engine is not started. */
  static async create({ more = '', channels = '' } = {}): Promise<Rig> {
    const [nats, hook] = await Promise.all([startTestNats(), Witness.start()]);
    const config = `
nats: { url: "${nats.url}" }
rateLimit: { windows: [{ max: 10000, per: 1m }] }
channels:
  hook: { type: webhook, url: "${hook.url}" }
${channels}
${more.includes('defaultChannels') ? '' : 'defaultChannels: [hook]'}
${more}`;
    return new Rig(nats, await PlainNats.connect(nats.url), hook, await EngineProcess.create(config));
  }

  /** Waits until each of `steps` of every confirmed alert has arrived. */
  async delivered(steps: readonly string[], timeoutMs: number): Promise<void> {
    await this.publisher.settled();
    await eventually(() => missing(this.publisher.ids, steps, this.hook.arrivals), timeoutMs).toEqual([]);
  }

  /** Waits until no notification waits in the outbox: what came twice has come by then. */
  async emptied(timeoutMs: number): Promise<void> {
    const jsm = await this.connection.jetstreamManager();
    const waiting = async () => (await jsm.streams.info('TOCSIN_OUTBOX')).state.messages;
    await eventually(waiting, timeoutMs).toBe(0);
  }

  /** Ids of the alerts that the engine knows, by title. */
  async alerts(): Promise<Map<string, string[]>> {
    const { alerts } = (await this.engine.get('/v1/alerts?limit=1000')).body as { alerts: Known[] };
    const byTitle = groupBy(alerts, ({ title }) => title);
    return new Map([...byTitle].map(([title, known]) => [title, known.map(({ id }) => id)]));
  }

  get connection(): NatsConnection {
    return this.client.connection;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const one of [this.engine, this.client, this.hook, this.nats]) await one[Symbol.asyncDispose]();
  }
}

interface Known {
  readonly id: string;
  readonly title: string;
}
