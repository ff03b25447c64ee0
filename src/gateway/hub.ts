import { randomUUID } from 'node:crypto';
import type { Subscription } from 'rxjs';
import type { GatewayLimits } from '../model/limits.js';
import type { Logger } from '../model/logger.js';
import type { Subprotocol } from '../model/wire.js';
import { AlertFeed } from './alert-feed.js';
import { commandRate } from './command-rate.js';
import { GatewayCounters } from './counters.js';
import { encodings } from './encodings.js';
import { every, type Loop } from './loop.js';
import { MetricsHub } from './metrics-hub.js';
import type { Actor, GatewayPorts } from './ports.js';
import type { Services } from './services.js';
import { Session } from './session.js';
import { StatsFeed } from './stats-subscription.js';
import type { Transport } from './transport.js';
import { WriteQueue } from './write-queue.js';

const sweepMs = 1_000;
/** Within which clients are asked to come back, so that they do not come all at once. */
const reconnectMs = [500, 5_000] as const;

export interface HubOptions {
  readonly limits: GatewayLimits;
  readonly version: string;
  readonly log: Logger;
  readonly loop: Loop;
}

/** All sessions of one gateway and what feeds them. Knows nothing of sockets. */
export class Hub {
  readonly counters = new GatewayCounters();
  readonly #sessions = new Set<Session>();
  readonly #services: Services;
  #source: Subscription | undefined;
  #stopSweep: (() => void) | undefined;

  constructor(ports: GatewayPorts, { limits, version, log, loop }: HubOptions) {
    const { counters } = this;
    const queue = new WriteQueue(loop, (err) => log.error({ err }, 'a client could not be written to'));
    const metrics = new MetricsHub({ loop, queue, counters });
    const alerts = new AlertFeed(ports.alerts);
    const stats = new StatsFeed(ports.stats);
    const server = `tocsin/${version}`;
    const shared = { ports, limits, loop, log, counters, server, commandRate: commandRate(limits) };
    this.#services = { ...shared, queue, metrics, alerts, stats };
  }

  get size(): number {
    return this.#sessions.size;
  }

  start(): void {
    const { ports, metrics, alerts, stats, loop } = this.#services;
    this.#source = ports.samples.samples$.subscribe((samples) => metrics.take(samples));
    alerts.start();
    stats.start();
    this.#stopSweep = every(loop, sweepMs, () => this.#sweep());
  }

  connect(transport: Transport, subprotocol: Subprotocol, actor: Actor): Session {
    const session = new Session(this.#services, transport, encodings[subprotocol], actor, randomUUID());
    this.#sessions.add(session);
    this.counters.connections_total++;
    return session;
  }

  disconnect(session: Session): void {
    session.dispose();
    this.#sessions.delete(session);
  }

  /** Asks every client to come back later and closes. The sockets may take a moment to follow. */
  stop(): void {
    this.#source?.unsubscribe();
    this.#stopSweep?.();
    const { metrics, alerts, stats } = this.#services;
    metrics.stop();
    alerts.stop();
    stats.stop();
    for (const session of this.#sessions) session.goAway('the engine is stopping', reconnectMs);
    this.#sessions.clear();
  }

  #sweep(): void {
    const now = this.#services.loop.now();
    for (const session of [...this.#sessions]) session.sweep(now);
  }
}
