import type { Logger } from '../model/logger.js';
import { type ConnectedBus, connectNatsBus } from '../streams/nats.js';

const connectTimeoutMs = 2_000;

/** One plain connection, as any publisher has it: no streams, no state. Rejects with `nats_unreachable`. */
export function openBus(url: string, log: Logger): Promise<ConnectedBus> {
  return connectNatsBus({ urls: [url], name: 'tocsin-publish', connectTimeoutMs, log });
}
