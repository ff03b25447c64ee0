import type { Logger } from '../model/logger.js';
import type { NatsServers } from '../streams/nats/connection.js';
import { type ConnectedBus, connectNatsBus } from '../streams/nats.js';

const connectTimeoutMs = 2_000;

/** One plain connection, as any publisher has it: no streams, no state. Rejects with `nats_unreachable`. */
export function openBus(servers: NatsServers, log: Logger): Promise<ConnectedBus> {
  return connectNatsBus({ ...servers, name: 'tocsin-publish', connectTimeoutMs, log });
}
