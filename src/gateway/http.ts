import { Hono } from 'hono';
import { TocsinError } from '../model/errors.js';
import type { Logger } from '../model/logger.js';
import { checkHost, checkOrigin } from './handshake.js';
import { alertRoutes } from './http-alerts.js';
import { channelRoutes } from './http-channels.js';
import type { Ctx, Env } from './http-command.js';
import { deliveryRoutes } from './http-deliveries.js';
import { explainRoutes } from './http-explain.js';
import { ruleRoutes } from './http-rules.js';
import { silenceRoutes } from './http-silences.js';
import { statsRoutes } from './http-stats.js';
import type { GatewayPorts } from './ports.js';
import { problemOf, problemType, retryAfterSeconds } from './problem.js';
import type { StaticFile, StaticFiles } from './static.js';

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
  explainRoutes(app, ports);
  deliveryRoutes(app, ports);
  channelRoutes(app, ports);
  silenceRoutes(app, ports);
  ruleRoutes(app, ports);
  statsRoutes(app, ports, log);
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
