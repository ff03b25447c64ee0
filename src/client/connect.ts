import { Commands } from './commands.js';
import { Credit } from './credit.js';
import { createFeed } from './feed.js';
import { Link } from './link.js';
import { followPage } from './page.js';
import { Registry } from './registry.js';
import { alertsTopic, metricsTopic, statsTopic } from './topics.js';
import { type Client, ClientError, type ConnectionState, type ConnectOptions, type Observer } from './types.js';

/** Values that a slow `for await` loop may lag behind before the oldest are dropped; alerts are never dropped. */
const keepLatest = 256;

/**
 * Connects to a Tocsin server and stays connected.
 *
 * ```ts
 * const client = connect('ws://127.0.0.1:8420/v1/stream');
 * for await (const update of client.alerts({ minSeverity: 'high' })) console.log(update);
 * ```
 *
 * `url` is that of `/v1/stream`, `ws:` or `wss:`. Nothing is thrown when the server is away: see {@link Client.states}.
 */
export function connect(url: string, options: ConnectOptions = {}): Client {
  const credit = new Credit();
  const commands = new Commands();
  const watchers = new Set<Observer<ConnectionState>>();
  const registry = new Registry((message) => link.send(message));
  const link: Link = new Link(url, options, credit, {
    opened: () => registry.online(),
    message: (message) => {
      if ((message.op === 'ok' || message.op === 'error') && message.ref !== undefined) commands.handle(message);
      else registry.handle(message);
    },
    lost: () => {
      registry.offline();
      commands.lost();
    },
    state: (state) => {
      for (const watcher of [...watchers]) watcher.next(state);
      if (state.status === 'closed') end();
    },
  });
  const leavePage = followPage({
    hidden: () => registry.limitRate(options.hiddenHz ?? 0),
    shown: () => {
      registry.limitRate(undefined);
      link.reconnect();
    },
    online: () => link.reconnect(),
  });
  const end = (): void => {
    leavePage();
    registry.close();
    for (const watcher of [...watchers]) watcher.complete?.();
  };
  const latest = { credit, keep: keepLatest };

  link.open();
  return {
    get state() {
      return link.state;
    },
    states: createFeed<ConnectionState>((observer) => {
      watchers.add(observer);
      observer.next(link.state);
      return () => watchers.delete(observer);
    }, latest),
    metrics: (subjects = 'metrics.>', wanted = {}) => {
      const list = typeof subjects === 'string' ? [subjects] : subjects;
      return createFeed(
        registry.start((observer) => metricsTopic(observer, list, wanted)),
        latest,
      );
    },
    alerts: (filter) =>
      createFeed(
        registry.start((observer) => alertsTopic(observer, filter)),
        { credit, keep: Infinity },
      ),
    stats: () => createFeed(registry.start(statsTopic), latest),
    command: async (name, args) => {
      if (link.state.status !== 'open') throw new ClientError('not_connected', 'there is no connection now', true);
      return commands.run(name, args, (message) => link.send(message));
    },
    reconnect: () => link.reconnect(),
    close: () => link.close(),
  };
}
