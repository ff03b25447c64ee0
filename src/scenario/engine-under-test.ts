import type { Subscription } from 'rxjs';
import type { EngineConfig } from '../config/index.js';
import { createEngine, type Engine } from '../engine.js';
import type { GatewayPorts } from '../gateway/ports.js';
import type { Channel } from '../model/channel.js';
import { silentLogger } from '../model/logger.js';
import type { AlertEvent, AlertView } from '../model/view.js';
import { createMemoryDriver } from '../streams/memory.js';
import type { Driver } from '../streams/ports.js';
import { clockTime } from './clock-time.js';
import { type Received, ScriptedChannel } from './scripted-channel.js';
import { shownNotification } from './show.js';
import type { VirtualTime } from './virtual-time.js';

/** Longer than a start, a stop or an answer ever takes. */
export const patienceMs = 60_000;
const deliveryTypes: ReadonlySet<string> = new Set(['sending', 'delivered', 'delivery_failed']);

/** An engine of a scenario, in virtual time and in process, with everything that it said so far. */
export class EngineUnderTest {
  readonly time: VirtualTime;
  readonly driver: Driver;
  readonly channels = new Map<string, ScriptedChannel>();
  readonly received: Received[] = [];
  readonly transitions: AlertEvent[] = [];
  readonly deliveries: AlertEvent[] = [];
  readonly #tell: (line: string) => void;
  readonly #following: Subscription;
  #config: EngineConfig;
  #running: { readonly engine: Engine; readonly ports: GatewayPorts } | undefined = undefined;

  constructor(config: EngineConfig, time: VirtualTime, tell: (line: string) => void) {
    this.time = time;
    this.#config = config;
    this.#tell = tell;
    // What the log holds outlives the engine: it is closed with the scenario.
    this.driver = createMemoryDriver({ scheduler: time.scheduler, wall: () => time.wall() });
    this.#following = this.driver.log.follow('>', { fromSeq: 1 }).subscribe(() => time.stir());
  }

  get config(): EngineConfig {
    return this.#config;
  }

  get engine(): Engine {
    return this.#alive().engine;
  }

  get ports(): GatewayPorts {
    return this.#alive().ports;
  }

  /** Every alert that the engine knows, the oldest first. */
  get alerts(): readonly AlertView[] {
    return [...this.ports.alerts.views()].sort((a, b) => a.startedAt - b.startedAt);
  }

  async start(config = this.#config): Promise<void> {
    if (this.#running !== undefined) throw new Error('the engine runs already');
    this.#config = config;
    const { time } = this;
    let ports: GatewayPorts | undefined;
    const engine = createEngine({
      config,
      driver: { ...this.driver, close: async () => {} },
      channels: this.#channelsOf(config),
      makeChannel: (name, policy) => this.#scripted(name).under(policy),
      gateway: (offered) => {
        ports = offered;
        return noGateway;
      },
      clock: time,
      scheduler: time.scheduler,
      logger: { ...silentLogger, error: this.#complain, fatal: this.#complain },
      random: () => 0.5,
    });
    engine.events$.subscribe((event) => this.#hear(event));
    await time.until(engine.start(), patienceMs);
    this.#running = { engine, ports: ports! };
  }

  /** Takes over another configuration while the engine runs. */
  reload(config = this.#config): void {
    this.#alive().engine.reload(config, 'scenario');
    this.#config = config;
  }

  async stop(): Promise<void> {
    const { engine } = this.#alive();
    this.#running = undefined;
    await this.time.until(engine.stop(), patienceMs);
  }

  async close(): Promise<void> {
    if (this.#running !== undefined) await this.stop();
    this.#following.unsubscribe();
    await this.driver.close();
  }

  #alive() {
    if (this.#running === undefined) throw new Error('the engine is stopped');
    return this.#running;
  }

  #channelsOf({ channels }: EngineConfig): ReadonlyMap<string, Channel> {
    return new Map(Object.entries(channels).map(([name, policy]) => [name, this.#scripted(name).under(policy)]));
  }

  /** A channel keeps its script when the engine starts anew. */
  #scripted(name: string): ScriptedChannel {
    const known = this.channels.get(name);
    if (known !== undefined) return known;
    const channel = new ScriptedChannel(name, this.time.scheduler, (received) => this.#take(received));
    this.channels.set(name, channel);
    return channel;
  }

  #hear(event: AlertEvent): void {
    const { type, reason, alert } = event;
    if (deliveryTypes.has(type)) {
      this.deliveries.push(event);
      return;
    }
    this.transitions.push(event);
    this.#note(`${type} ${reason}  "${alert.title}" ${alert.severity}, ${alert.state}`);
  }

  #take(received: Received): void {
    this.time.stir();
    this.received.push(received);
    this.#note(`→ ${received.channel}  ${shownNotification(received).line}`);
  }

  /** What the engine logs as an error explains many a failure. */
  readonly #complain = (fields: object, message: string): void => {
    const { err, error = err } = fields as { readonly err?: unknown; readonly error?: unknown };
    this.#note(`! ${message}${error === undefined ? '' : `: ${error instanceof Error ? error.message : error}`}`);
  };

  #note(text: string): void {
    this.#tell(`${clockTime(this.time.now()).padStart(10)}  ${text}`);
  }
}

const noGateway = {
  start: async () => ({ host: '127.0.0.1', port: 0, url: '' }),
  stop: async () => {},
  counters: () => ({}),
};
