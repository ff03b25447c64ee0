import type { HttpBindings } from '@hono/node-server';
import { type Context, Hono } from 'hono';
import { TocsinError } from '../model/errors.js';
import type { Logger } from '../model/logger.js';
import { checkHost, checkOrigin } from './handshake.js';
import { readAlertQuery, readDeadLimit } from './http-query.js';
import type { Actor, CommandAnswer, GatewayPorts } from './ports.js';
import { commandError, problemOf, problemType, retryAfterSeconds } from './problem.js';
import type { StaticFile, StaticFiles } from './static.js';

type Env = { Bindings: HttpBindings };
type Ctx = Context<Env>;

/** Commands on one alert that have a path of their own. */
const alertCommands = ['acknowledge', 'unacknowledge', 'resolve', 'suppress', 'unsuppress'] as const;
const maxBodyBytes = 1024 * 1024;
const maxRaises = 1_000;

const notBuilt = `Tocsin is running, but its dashboard was not built: run \`npm run build\`, then restart.

The rest works: /v1/alerts  /v1/rules  /v1/stats  /healthz  /readyz  /metrics  and the WebSocket at /v1/stream
`;

export interface HttpOptions {
  /** Address that the server listens on: one of the names in `Host`. */
  readonly host: string;
  readonly files: StaticFiles;
  readonly log: Logger;
}

/** Everything that is asked over HTTP. Errors are `application/problem+json` with a stable `code`. */
export function createHttp(ports: GatewayPorts, { host, files, log }: HttpOptions): Hono<Env> {
  const app = new Hono<Env>();
  app.onError((error, c) => problemResponse(c, error, log));
  app.notFound((c) => notFound(c, app, log));
  app.use(async (c, next) => {
    checkRequest(c, host);
    await next();
    c.header('x-content-type-options', 'nosniff');
  });
  healthRoutes(app, ports);
  alertRoutes(app, ports);
  deliveryRoutes(app, ports);
  app.get('/v1/rules', (c) => c.json({ rules: ports.rules() }));
  app.get('/v1/stats', (c) => c.json(ports.stats.current()));
  app.get('/v1/stream', () => {
    throw new TocsinError('upgrade_required', '/v1/stream is a WebSocket');
  });
  staticRoutes(app, files);
  return app;
}

function healthRoutes(app: Hono<Env>, { health }: GatewayPorts): void {
  app.get('/healthz', (c) => c.json({ status: 'ok' }));
  app.get('/readyz', (c) => {
    const checks = health.readiness();
    const ready = Object.values(checks).every((check) => check.ok);
    return c.json({ ready, checks }, ready ? 200 : 503);
  });
  app.get('/metrics', async (c) =>
    c.body(await health.metrics(), 200, { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' }),
  );
}

function alertRoutes(app: Hono<Env>, ports: GatewayPorts): void {
  app.get('/v1/alerts', (c) => c.json(ports.alerts.query(readAlertQuery(new URL(c.req.url).searchParams))));
  app.get('/v1/alerts/:id', async (c) => c.json(await ports.alerts.detail(c.req.param('id'))));
  app.post('/v1/alerts', async (c) => {
    const body = await readBody(c);
    return Array.isArray(body) ? raiseAll(c, ports, body) : answer(c, await execute(c, ports, 'raise', body), 201);
  });
  for (const name of alertCommands) {
    app.post(`/v1/alerts/:id/${name}`, async (c) => {
      const args = { ...asFields(await readBody(c)), id: c.req.param('id') };
      return answer(c, await execute(c, ports, name, args), 200);
    });
  }
}

function deliveryRoutes(app: Hono<Env>, ports: GatewayPorts): void {
  app.get('/v1/deliveries', async (c) => {
    const limit = readDeadLimit(new URL(c.req.url).searchParams);
    return c.json({ deliveries: await ports.deliveries.dead(limit) });
  });
  app.post('/v1/deliveries/:id/resend', async (c) => {
    const args = { ...asFields(await readBody(c)), delivery: c.req.param('id') };
    return answer(c, await execute(c, ports, 'resend', args), 200);
  });
}

function staticRoutes(app: Hono<Env>, files: StaticFiles): void {
  app.get('/', (c) => (files.has('/') ? serveFile(c, files.get('/')!) : c.text(notBuilt)));
  for (const [path, file] of files) if (path !== '/') app.get(path, (c) => serveFile(c, file));
}

/** Nobody else's pages, nobody else's names, and bodies that no form can send. */
function checkRequest(c: Ctx, host: string): void {
  const { headers } = c.env.incoming;
  checkHost(headers, host);
  if (c.req.method === 'GET' || c.req.method === 'HEAD') return;
  checkOrigin(headers);
  const hasBody = headers['content-length'] !== undefined || headers['transfer-encoding'] !== undefined;
  if (!hasBody || headers['content-length'] === '0') return;
  if (!/^application\/json\s*(;|$)/i.test(headers['content-type'] ?? '')) {
    throw new TocsinError('content_type_unsupported', 'the body must be application/json');
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

function execute(c: Ctx, ports: GatewayPorts, name: string, args: unknown): Promise<CommandAnswer> {
  const address = c.env.incoming.socket.remoteAddress;
  const actor: Actor = { name: 'anonymous', authenticated: false, via: `http ${address ?? 'unknown'}` };
  return ports.commands.execute(name, args, actor);
}

function answer(c: Ctx, given: CommandAnswer, status: 200 | 201): Response {
  if (!given.ok) throw commandError(given.error);
  return c.json(given, status);
}

/** No body counts as an empty object. Throws `too_large` as soon as it is. */
async function readBody(c: Ctx): Promise<unknown> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of c.env.incoming as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > maxBodyBytes) {
      // The rest of the body is not read, so that no further request can be made out on this connection.
      c.header('connection', 'close');
      throw new TocsinError('too_large', `a body may have at most ${maxBodyBytes} bytes`);
    }
    chunks.push(chunk);
  }
  try {
    return size === 0 ? {} : JSON.parse(Buffer.concat(chunks).toString('utf8'));
  } catch {
    throw new TocsinError('parse_failed', 'the body is not valid JSON');
  }
}

function asFields(body: unknown): object {
  if (typeof body === 'object' && body !== null && !Array.isArray(body)) return body;
  throw new TocsinError('not_an_object', 'the body must be an object');
}

function serveFile(c: Ctx, file: StaticFile): Response {
  c.header('etag', file.etag);
  c.header('cache-control', file.cacheControl);
  if (c.req.header('if-none-match') === file.etag) return c.body(null, 304);
  c.header('content-security-policy', contentPolicy(c.req.header('host') ?? ''));
  c.header('referrer-policy', 'no-referrer');
  return c.body(file.body, 200, { 'content-type': file.contentType });
}

/** The page talks to this server and nobody else. `host` was checked to be one of ours. */
function contentPolicy(host: string): string {
  return [
    "default-src 'self'",
    `connect-src 'self' ws://${host}`,
    "img-src 'self' data:",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ');
}

function notFound(c: Ctx, app: Hono<Env>, log: Logger): Response {
  const { pathname } = new URL(c.req.url);
  const others = app.routes.filter((route) => route.method !== 'ALL' && matchesPath(route.path, pathname));
  if (others.length === 0)
    return problemResponse(c, new TocsinError('not_found', `no such resource: ${pathname}`), log);
  const allowed = [...new Set(others.map((route) => route.method))].join(', ');
  c.header('allow', allowed);
  return problemResponse(c, new TocsinError('method_not_allowed', `allowed: ${allowed}`), log);
}

function matchesPath(path: string, pathname: string): boolean {
  const want = path.split('/');
  const have = pathname.split('/');
  return want.length === have.length && want.every((part, i) => part.startsWith(':') || part === have[i]);
}

function problemResponse(c: Ctx, error: unknown, log: Logger): Response {
  const problem = problemOf(error);
  if (problem.code === 'internal') log.error({ err: error, path: c.req.path }, 'an HTTP request failed');
  if (problem.status === 503 || problem.status === 429) c.header('retry-after', String(retryAfterSeconds));
  return c.body(JSON.stringify(problem), problem.status as 400, { 'content-type': problemType });
}
