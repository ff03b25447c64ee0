import type { Logger } from '../model/logger.js';
import { createNatsBus } from '../streams/nats/bus.js';
import { dial } from '../streams/nats/connection.js';
import { createCounters } from '../streams/nats/counters.js';
import { createLink } from '../streams/nats/link.js';
import type { Bus } from '../streams/ports.js';

const connectTimeoutMs = 2_000;

export interface OpenBus {
  readonly bus: Bus;
  close(): Promise<void>;
}

/** One plain connection, as any publisher has it: no streams, no state. Rejects with `nats_unreachable`. */
export async function openBus(url: string, log: Logger): Promise<OpenBus> {
  const nc = await dial({ servers: { urls: [url] }, name: 'tocsin-publish', connectTimeoutMs, log });
  const link = createLink(nc, { role: 'publish', log, counters: createCounters() });
  return { bus: createNatsBus({ link, prefix: 'tocsin' }), close: () => link.close() };
}
