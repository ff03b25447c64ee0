import type { Io } from './io.js';
import { findPrivateNats } from './private-nats.js';

const usualAddress = 'nats://127.0.0.1:4222';

/** Where to publish when nobody says: NATS_URL, else the private server that an engine runs on `dataDir`, else the usual port. */
export async function natsAddress(dataDir: string, env: Io['env']): Promise<string> {
  return env['NATS_URL'] || (await findPrivateNats(dataDir)) || usualAddress;
}
