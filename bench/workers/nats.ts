import { startTestNats, type TestNats } from '../../test/support/nats-server.js';

/** A real nats-server. It is in a process group of its own, which no Ctrl-C reaches: it ends with this process. */
export async function startNats(): Promise<TestNats> {
  const nats = await startTestNats();
  process.once('exit', () => void nats.kill());
  return nats;
}
