import { distinctUntilChanged, map, type Observable, type Subscription, skip } from 'rxjs';
import { type EngineConfig, enabledChannels } from '../config/index.js';
import { defaultRoutes, type RoutingTable } from '../model/routing.js';
import type { LiveConfig } from './live-config.js';

/** One part of the configuration: what it is, then what it becomes. */
export function part$<T>(live: LiveConfig, read: (config: EngineConfig) => T): Observable<T> {
  return live.config$.pipe(map(read), distinctUntilChanged());
}

/** Calls `use` with each new value of a part, but not with the present one. */
export function onChange<T>(live: LiveConfig, read: (config: EngineConfig) => T, use: (part: T) => void): Subscription {
  return part$(live, read).pipe(skip(1)).subscribe(use);
}

/** The routing table as it is when it is asked for; made once for each configuration. */
export function routingOf(live: LiveConfig): () => RoutingTable {
  let [of, table] = [live.current, routingTable(live.current)];
  return () => {
    if (of !== live.current) [of, table] = [live.current, routingTable(live.current)];
    return table;
  };
}

function routingTable({ routes, defaultChannels, channels }: EngineConfig): RoutingTable {
  const allChannels = enabledChannels(channels);
  return { routes: routes ?? defaultRoutes(defaultChannels), defaultChannels, allChannels };
}

/** The settings of delivery, each as it is when it is read. */
export function deliverySettings(live: LiveConfig): EngineConfig['delivery'] {
  const now = () => live.current.delivery;
  return {
    get maxRetries() {
      return now().maxRetries;
    },
    backoff: {
      get initialMs() {
        return now().backoff.initialMs;
      },
      get maxMs() {
        return now().backoff.maxMs;
      },
    },
    get timeoutMs() {
      return now().timeoutMs;
    },
    get maxAgeMs() {
      return now().maxAgeMs;
    },
  };
}
