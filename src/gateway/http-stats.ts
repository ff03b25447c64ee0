import type { Hono } from 'hono';
import type { Logger } from '../model/logger.js';
import type { Env } from './http-command.js';
import type { GatewayPorts } from './ports.js';

/** What was counted, and counting anew. */
export function statsRoutes(app: Hono<Env>, { stats }: GatewayPorts, log: Logger): void {
  app.get('/v1/stats', (c) => c.json(stats.current()));
  app.post('/v1/stats/reset', (c) => {
    const before = stats.current();
    stats.reset();
    log.info({ from: c.env.incoming.socket.remoteAddress, since: before.since }, 'the statistics were reset');
    return c.json({ ok: true, before });
  });
}
