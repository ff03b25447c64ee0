import type { Hono } from 'hono';
import { TocsinError } from '../model/errors.js';
import { answer, asFields, type Ctx, type Env, execute, readBody } from './http-command.js';
import type { GatewayPorts } from './ports.js';

/** Rules and routes: what there is, and the commands that change it. */
export function ruleRoutes(app: Hono<Env>, ports: GatewayPorts): void {
  app.get('/v1/rules', (c) => c.json({ rules: ports.rules() }));
  app.get('/v1/routes', (c) => c.json({ routes: ports.routes() }));
  for (const kind of ['rule', 'route'] as const) {
    const path = `/v1/${kind}s/:id`;
    app.get(path, (c) => c.json({ [kind]: ports.written(kind, idOf(c)) }));
    app.put(path, async (c) => put(c, ports, kind));
    app.delete(path, async (c) => remove(c, ports, kind));
  }
}

/** The body is the item with, beside its fields, `by`; the id is that of the path. */
async function put(c: Ctx, ports: GatewayPorts, kind: 'rule' | 'route'): Promise<Response> {
  const { by = c.req.query('by'), ...item } = asFields(await readBody(c)) as Readonly<Record<string, unknown>>;
  const id = idOf(c);
  if (item['id'] !== undefined && item['id'] !== id) throw otherId(kind, item['id']);
  const args = { [kind]: { ...item, id }, by };
  const given = await execute(c, ports, `${kind}.put`, args);
  return answer(c, given, given.ok && given['status'] === 'added' ? 201 : 200);
}

/** `by` and `restore` in the body or the query. */
async function remove(c: Ctx, ports: GatewayPorts, kind: 'rule' | 'route'): Promise<Response> {
  const { restore, ...query } = c.req.query();
  const flag = restore === undefined ? {} : { restore: flagOf(restore) };
  const args = { ...query, ...flag, ...asFields(await readBody(c)), id: idOf(c) };
  return answer(c, await execute(c, ports, `${kind}.delete`, args), 200);
}

/** Every path here has one. */
function idOf(c: Ctx): string {
  return c.req.param('id') ?? '';
}

function flagOf(text: string): boolean {
  if (text === 'true' || text === 'false') return text === 'true';
  const allowed = 'true or false';
  throw new TocsinError('query_invalid', `restore must be ${allowed}`, { field: 'restore', value: text, allowed });
}

function otherId(kind: string, value: unknown): TocsinError {
  const allowed = 'absent, or the id of the path';
  return new TocsinError('field_invalid', `${kind}.id must be ${allowed}`, { field: 'id', value, allowed });
}
