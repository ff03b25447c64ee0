import type { Hono } from 'hono';
import { answer, asFields, type Env, execute, readBody } from './http-command.js';
import { readDeadLimit } from './http-query.js';
import type { GatewayPorts } from './ports.js';

export function deliveryRoutes(app: Hono<Env>, ports: GatewayPorts): void {
  app.get('/v1/deliveries', async (c) => {
    const limit = readDeadLimit(new URL(c.req.url).searchParams);
    return c.json({ deliveries: await ports.deliveries.dead(limit) });
  });
  app.post('/v1/deliveries/:id/resend', async (c) => {
    const args = { ...asFields(await readBody(c)), delivery: c.req.param('id') };
    return answer(c, await execute(c, ports, 'resend', args), 200);
  });
}
