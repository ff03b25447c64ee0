import type { NatsServers } from '../streams/nats/connection.js';
import type { Io } from './io.js';
import { findPrivateNats } from './private-nats.js';
import { usualConfig } from './read-config.js';

const usualAddress = 'nats://127.0.0.1:4222';

/**
 * Where to publish when nobody says: NATS_URL, else the server that ./tocsin.yaml names, with its credentials, else the
 * private server that an engine runs on `dataDir`, else the usual port.
 */
export async function natsServers(dataDir: string, env: Io['env']): Promise<NatsServers> {
  if (env['NATS_URL']) return { urls: [env['NATS_URL']] };
  const { inProcess, urls, ...credentials } = usualConfig(env)?.nats ?? { inProcess: false };
  if (urls !== undefined) return { ...credentials, urls };
  return { urls: [(await findPrivateNats(dataDir)) ?? usualAddress] };
}
