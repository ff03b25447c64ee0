import type { Hono } from 'hono';
import { answer, type Env, execute } from './http-command.js';
import type { GatewayPorts } from './ports.js';

/** Why an alert is what it is, and why a rule says nothing of a series. */
export function explainRoutes(app: Hono<Env>, ports: GatewayPorts): void {
  app.get('/v1/alerts/:id/explain', async (c) =>
    answer(c, await execute(c, ports, 'explain', { id: c.req.param('id') }), 200),
  );
  app.get('/v1/rules/:id/explain', async (c) => {
    const args = { rule: c.req.param('id'), series: c.req.query('series') };
    return answer(c, await execute(c, ports, 'explain', args), 200);
  });
}
