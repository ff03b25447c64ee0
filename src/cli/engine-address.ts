import type { Io } from './io.js';
import { usualConfig } from './read-config.js';

const usualAddress = { host: '127.0.0.1', port: 8420 };

/** The stream of the engine when nobody says where: at `gateway.listen` of ./tocsin.yaml, else on the usual port. */
export function engineAddress(env: Io['env']): string {
  const configured = usualConfig(env)?.gateway;
  // Port 0 takes a free one, which only the engine knows.
  const { host, port } = configured === undefined || configured.port === 0 ? usualAddress : configured;
  return `ws://${host.includes(':') ? `[${host}]` : host}:${port}/v1/stream`;
}
