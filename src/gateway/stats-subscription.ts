import type { Subscription as RxSubscription } from 'rxjs';
import type { EngineStats } from '../model/wire.js';
import type { StatsPort } from './ports.js';
import { encodedOnce, SharedFrames } from './shared-frames.js';
import type { Client, Subscription } from './subscription.js';

/** Hands the figures of each second to all subscriptions, encoded once. */
export class StatsFeed {
  readonly #listeners = new Set<StatsSubscription>();
  readonly #port: StatsPort;
  #source: RxSubscription | undefined;

  constructor(port: StatsPort) {
    this.#port = port;
  }

  start(): void {
    this.#source ??= this.#port.stats$.subscribe((stats) => {
      const frames = statsFrames(stats);
      for (const listener of this.#listeners) listener.hear(frames);
    });
  }

  stop(): void {
    this.#source?.unsubscribe();
    this.#source = undefined;
  }

  add(listener: StatsSubscription): void {
    this.#listeners.add(listener);
    listener.hear(statsFrames(this.#port.current()));
  }

  delete(listener: StatsSubscription): void {
    this.#listeners.delete(listener);
  }
}

/** The engine's figures, once a second. One that comes while the client is behind is left out: the next says more. */
export class StatsSubscription implements Subscription {
  readonly topic = 'stats';
  readonly #feed: StatsFeed;
  readonly #client: Client;
  readonly #id: number;

  constructor(feed: StatsFeed, epoch: string, client: Client, id: number) {
    this.#feed = feed;
    this.#client = client;
    this.#id = id;
    client.outbox.control(client.encoding.message({ op: 'subscribed', id, mode: 'live', epoch, seq: 0 }));
    client.flushSoon('regular');
    feed.add(this);
  }

  hear(frames: SharedFrames): void {
    if (!this.#client.ready()) return;
    this.#client.outbox.rows(this, frames.for(this.#client.encoding, this.#id));
    this.#client.flushSoon('regular');
  }

  cursor(): number {
    return 0;
  }

  series(): number {
    return 0;
  }

  update(): void {
    // Figures have neither a filter nor a pace.
  }

  resume(): void {
    // Nothing is kept for later.
  }

  end(): void {
    this.#feed.delete(this);
    this.#client.outbox.drop(this);
  }
}

function statsFrames(stats: EngineStats): SharedFrames {
  const encoded = encodedOnce(stats);
  return new SharedFrames((encoding, id) => encoding.around({ op: 'stats', id }, 'stats', encoded(encoding)));
}
