import type { Hono } from 'hono';
import { TocsinError } from '../model/errors.js';
import { answer, asFields, type Ctx, type Env, execute, readBody } from './http-command.js';
import { readAlertQuery } from './http-query.js';
import type { GatewayPorts } from './ports.js';
import { commandError, problemOf } from './problem.js';

/** Commands on one alert that have a path of their own. */
const alertCommands = ['acknowledge', 'unacknowledge', 'resolve', 'suppress', 'unsuppress'] as const;
const maxRaises = 1_000;

export function alertRoutes(app: Hono<Env>, ports: GatewayPorts): void {
  app.get('/v1/alerts', (c) => c.json(ports.alerts.query(readAlertQuery(new URL(c.req.url).searchParams))));
  app.get('/v1/alerts/:id', async (c) => c.json(await ports.alerts.detail(c.req.param('id'))));
  app.post('/v1/alerts', async (c) => {
    const body = await readBody(c);
    return Array.isArray(body) ? raiseAll(c, ports, body) : answer(c, await execute(c, ports, 'raise', body), 201);
  });
  app.delete('/v1/alerts', async (c) => {
    const { state = 'resolved', ...args } = { ...asFields(await readBody(c)), ...c.req.query() };
    if (state !== 'resolved') {
      throw new TocsinError('query_invalid', 'only what is over can be cleared: state=resolved', { field: 'state' });
    }
    return answer(c, await execute(c, ports, 'clear', args), 200);
  });
  for (const name of alertCommands) {
    app.post(`/v1/alerts/:id/${name}`, async (c) => {
      const args = { ...asFields(await readBody(c)), id: c.req.param('id') };
      return answer(c, await execute(c, ports, name, args), 200);
    });
  }
}

/** An array is answered by an array: 201 when at least one of them was taken. */
async function raiseAll(c: Ctx, ports: GatewayPorts, items: readonly unknown[]): Promise<Response> {
  if (items.length > maxRaises) throw new TocsinError('too_large', `at most ${maxRaises} alerts at a time`);
  const answers = await Promise.all(items.map((item) => execute(c, ports, 'raise', item)));
  const refused = answers.find((each) => !each.ok);
  const allRefused = refused !== undefined && answers.every((each) => !each.ok);
  return c.json(answers, allRefused ? (problemOf(commandError(refused.error)).status as 400) : 201);
}
