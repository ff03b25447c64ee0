import { Commands } from './commands.js';
import { Credit } from './credit.js';
import { createFeed, type Start } from './feed.js';
import { Link } from './link.js';
import { followPage } from './page.js';
import { Registry } from './registry.js';
import { alertsTopic, metricsTopic, statsTopic } from './topics.js';
import type {
  AlertUpdate,
  Client,
  ConnectionState,
  ConnectOptions,
  EngineStats,
  Feed,
  Filter,
  MetricPoint,
  MetricsOptions,
  Observer,
} from './types.js';

/** Values that a slow `for await` loop may lag behind before the oldest are dropped; alerts are never dropped. */
const keepLatest = 256;

/**
 * Connects to a Tocsin server and stays connected.
 *
 * ```ts
 * import { WebSocket } from 'ws'; // Node 20 has none of its own; browsers and Node 22 need neither this nor the option
 *
 * const client = connect('ws://127.0.0.1:8420/v1/stream', { WebSocket });
 * for await (const update of client.alerts({ minSeverity: 'high' })) console.log(update);
 * ```
 *
 * `url` is that of `/v1/stream`, `ws:` or `wss:`. Nothing is thrown when the server is away: see {@link Client.states}.
 */
export function connect(url: string, options: ConnectOptions = {}): Client {
  return new StreamClient(url, options);
}

class StreamClient implements Client {
  readonly #credit = new Credit();
  readonly #commands = new Commands((message) => this.#link.send(message));
  readonly #watchers = new Set<Observer<ConnectionState>>();
  readonly #registry = new Registry((message) => this.#link.send(message));
  readonly #link: Link;
  readonly #leavePage: () => void;

  constructor(url: string, options: ConnectOptions) {
    this.#link = new Link(url, options, this.#credit, {
      opened: () => {
        this.#registry.online();
        this.#commands.online();
      },
      message: (message) => {
        if (!this.#commands.handle(message)) this.#registry.handle(message);
      },
      lost: () => {
        this.#registry.offline();
        this.#commands.offline();
      },
      state: (state) => this.#changed(state),
    });
    this.#leavePage = followPage({
      hidden: () => this.#registry.limitRate(options.hiddenHz ?? 0),
      shown: () => {
        this.#registry.limitRate(undefined);
        this.reconnect();
      },
      online: () => this.reconnect(),
    });
    this.#link.open();
  }

  get state(): ConnectionState {
    return this.#link.state;
  }

  readonly states = this.#feed<ConnectionState>((observer) => {
    this.#watchers.add(observer);
    observer.next(this.state);
    return () => this.#watchers.delete(observer);
  });

  metrics(
    subjects: string | readonly string[] = 'metrics.>',
    options: MetricsOptions = {},
  ): Feed<readonly MetricPoint[]> {
    const list = typeof subjects === 'string' ? [subjects] : subjects;
    return this.#feed(
      this.#registry.start<readonly MetricPoint[]>((observer) => metricsTopic(observer, list, options)),
    );
  }

  alerts(filter?: Filter): Feed<AlertUpdate> {
    return this.#feed(
      this.#registry.start<AlertUpdate>((observer) => alertsTopic(observer, filter)),
      Infinity,
    );
  }

  stats(): Feed<EngineStats> {
    return this.#feed(this.#registry.start(statsTopic));
  }

  command(name: string, args?: unknown): Promise<unknown> {
    return this.#commands.run(name, args);
  }

  reconnect(): void {
    this.#link.reconnect();
  }

  close(): void {
    this.#link.close();
  }

  #feed<T>(start: Start<T>, keep = keepLatest): Feed<T> {
    return createFeed(start, { credit: this.#credit, keep });
  }

  #changed(state: ConnectionState): void {
    for (const watcher of [...this.#watchers]) watcher.next(state);
    if (state.status !== 'closed') return;
    this.#leavePage();
    this.#registry.close();
    this.#commands.close();
    for (const watcher of [...this.#watchers]) watcher.complete?.();
  }
}
