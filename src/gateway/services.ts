import type { GatewayLimits } from '../model/limits.js';
import type { Logger } from '../model/logger.js';
import type { RateLimitKernel } from '../operators/rate-limit-kernel.js';
import type { AlertFeed } from './alert-feed.js';
import type { GatewayCounters } from './counters.js';
import type { Loop } from './loop.js';
import type { MetricsHub } from './metrics-hub.js';
import type { GatewayPorts } from './ports.js';
import type { StatsFeed } from './stats-subscription.js';
import type { WriteQueue } from './write-queue.js';

/** What all sessions of one gateway share. */
export interface Services {
  readonly ports: GatewayPorts;
  readonly limits: GatewayLimits;
  readonly loop: Loop;
  readonly log: Logger;
  /** By session. */
  readonly commandRate: RateLimitKernel<string>;
  readonly queue: WriteQueue;
  readonly metrics: MetricsHub;
  readonly alerts: AlertFeed;
  readonly stats: StatsFeed;
  readonly counters: GatewayCounters;
  /** Name and version, as `hello` says them. */
  readonly server: string;
}
