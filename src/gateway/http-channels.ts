import type { Hono } from 'hono';
import type { Env } from './http-command.js';
import type { GatewayPorts } from './ports.js';

export function channelRoutes(app: Hono<Env>, { channels }: GatewayPorts): void {
  app.get('/v1/channels', async (c) => c.json({ channels: await channels.list() }));
  app.post('/v1/channels/:name/test', async (c) => c.json(await channels.test(c.req.param('name'))));
}
