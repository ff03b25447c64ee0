import type { NatsConnection } from 'nats';

const everyMs = 5_000;
/** Beats without a sign of life, after which a connection counts as dead. */
const maxSilent = 2;

/**
 * Dials again when nothing comes over a connection any more; returns what ends the watching. The library's own
 * heartbeat would not do: it waits for answers alone, and these stand in line behind all that the server has sent. So it
 * ends a connection over which a flood comes in, and loses what was on its way.
 */
export function startHeartbeat(nc: NatsConnection, isConnected: () => boolean): () => void {
  let silent = 0;
  let heard = 0;
  const beat = () => {
    const { inMsgs } = nc.stats();
    if (inMsgs !== heard || !isConnected()) silent = 0;
    heard = inMsgs;
    if (!isConnected()) return;
    if (silent === maxSilent) {
      silent = 0;
      nc.reconnect().catch(() => undefined);
      return;
    }
    silent += 1;
    nc.flush().then(onAnswer, () => undefined);
  };
  const onAnswer = () => {
    silent = 0;
  };
  const timer = setInterval(beat, everyMs).unref();
  return () => clearInterval(timer);
}
