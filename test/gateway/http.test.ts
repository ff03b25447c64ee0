import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ErrorCode, TocsinError, toWireError } from '../../src/model/errors.js';
import { startGateway, type TestGateway } from '../support/gateway-server.js';

let server: TestGateway;

beforeAll(async () => {
  server = await startGateway();
});

afterAll(() => server.gateway.stop());

async function get(path: string): Promise<{ status: number; headers: Headers; body: unknown }> {
  const response = await fetch(server.url + path);
  const text = await response.text();
  const isJson = response.headers.get('content-type')?.includes('json') ?? false;
  return { status: response.status, headers: response.headers, body: isJson ? JSON.parse(text) : text };
}

async function post(path: string, body?: unknown, headers: Record<string, string> = {}) {
  const response = await fetch(server.url + path, {
    method: 'POST',
    headers: body === undefined ? headers : { 'content-type': 'application/json', ...headers },
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  });
  return {
    status: response.status,
    headers: response.headers,
    body: (await response.json()) as Record<string, unknown>,
  };
}

/** `fetch` does not let the Host header be set. */
async function statusForHost(host: string): Promise<number> {
  const asked = request({ port: server.port, host: '127.0.0.1', path: '/healthz', headers: { host } });
  asked.end();
  const [response] = await once(asked, 'response');
  response.resume();
  return response.statusCode;
}

describe('health', () => {
  it('is alive, and ready when every check is', async () => {
    expect((await get('/healthz')).body).toEqual({ status: 'ok' });
    expect(await get('/readyz')).toMatchObject({
      status: 200,
      body: { ready: true, checks: { nats: { ok: true, detail: 'connected' } } },
    });
  });

  it('answers 503 with each check when one of them fails', async () => {
    server.engine.ready = false;
    expect(await get('/readyz')).toMatchObject({
      status: 503,
      body: { ready: false, checks: { nats: { ok: false, detail: 'disconnected' } } },
    });
    server.engine.ready = true;
  });

  it('tells Prometheus in its text format', async () => {
    const { headers, body } = await get('/metrics');
    expect(headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
    expect(body).toContain('tocsin_up 1');
  });
});

describe('GET /v1/alerts', () => {
  it('passes every parameter on, lists by commas or repeated', async () => {
    server.engine.queries.length = 0;
    await get(
      '/v1/alerts?state=active,escalated&severity=high&severity=critical&minSeverity=high&category=risk&source=web-*' +
        '&rule=cpu&since=2023-11-14T22:13:20Z&sort=severity&limit=5&cursor=abc',
    );
    expect(server.engine.queries).toEqual([
      {
        state: ['active', 'escalated'],
        severity: ['high', 'critical'],
        minSeverity: 'high',
        category: ['risk'],
        source: 'web-*',
        rule: ['cpu'],
        since: 1_700_000_000_000,
        sort: 'severity',
        limit: 5,
        cursor: 'abc',
      },
    ]);
  });

  it.each([
    'state=open',
    'severity=loud',
    'minSeverity=7',
    'category=A',
    'since=tomorrow',
    'sort=age',
    'limit=0',
    'limit=1e9',
    'limit=x',
    'source=',
    'colour=red',
  ])('refuses ?%s by name', async (query) => {
    const { status, headers, body } = await get(`/v1/alerts?${query}`);
    expect(status).toBe(400);
    expect(headers.get('content-type')).toBe('application/problem+json');
    expect(body).toMatchObject({ status: 400, code: 'query_invalid', field: query.split('=')[0] });
  });

  it('tells one alert with its events, and 404 for an unknown one', async () => {
    const event = server.engine.event('one');
    expect((await get('/v1/alerts/one')).body).toEqual({ alert: event.alert, events: [event] });
    expect(await get('/v1/alerts/none')).toMatchObject({ status: 404, body: { code: 'alert_unknown', status: 404 } });
  });
});

describe('commands over HTTP', () => {
  it('raises: 201 with the answer of the command, and who asked', async () => {
    server.engine.executed.length = 0;
    server.engine.answer = () => ({ ok: true, id: 'x', status: 'pending' });
    expect(await post('/v1/alerts', { title: 'T' })).toMatchObject({
      status: 201,
      body: { ok: true, id: 'x', status: 'pending' },
    });
    expect(server.engine.executed).toMatchObject([
      {
        name: 'raise',
        args: { title: 'T' },
        actor: { name: 'anonymous', authenticated: false, via: expect.stringMatching(/^http .*127\.0\.0\.1$/) },
      },
    ]);
  });

  it('raises an array, and answers with an array: 201 when one of them was taken', async () => {
    const error = toWireError(new TocsinError('field_missing', 'title is required', { field: 'title' }));
    server.engine.answer = (_, args) =>
      (args as { title?: string }).title === undefined ? { ok: false, error } : { ok: true, status: 'pending' };
    const { status, body } = await post('/v1/alerts', [{ title: 'a' }, {}]);
    expect([status, body]).toEqual([
      201,
      [
        { ok: true, status: 'pending' },
        { ok: false, error },
      ],
    ]);
    expect(await post('/v1/alerts', [{}, {}])).toMatchObject({
      status: 400,
      body: [
        { ok: false, error },
        { ok: false, error },
      ],
    });
  });

  it.each(['acknowledge', 'unacknowledge', 'resolve', 'suppress', 'unsuppress'])(
    'gives the command %s for the alert of the path',
    async (name) => {
      server.engine.executed.length = 0;
      server.engine.answer = () => ({ ok: true });
      expect(await post(`/v1/alerts/a1/${name}`, { by: 'ann', note: 'n', id: 'other' })).toMatchObject({
        status: 200,
        body: { ok: true },
      });
      expect(server.engine.executed).toMatchObject([{ name, args: { id: 'a1', by: 'ann', note: 'n' } }]);
    },
  );

  it.each<[ErrorCode, boolean, number]>([
    ['alert_unknown', false, 404],
    ['alert_resolved', false, 409],
    ['transition_refused', false, 409],
    ['field_missing', false, 400],
    ['template_unknown', false, 400],
    ['log_unavailable', true, 503],
    ['not_ready', true, 503],
    ['stopping', true, 503],
    ['internal', false, 500],
  ])('answers %s as a problem', async (code, temporary, status) => {
    server.engine.answer = () => ({ ok: false, error: { code, message: 'no', ...(temporary ? { temporary } : {}) } });
    const { headers, body, ...rest } = await post('/v1/alerts/a1/resolve', { by: 'ann' });
    expect(rest.status).toBe(status);
    expect(headers.get('content-type')).toBe('application/problem+json');
    expect(headers.get('retry-after')).toBe(temporary ? '1' : null);
    expect(body).toMatchObject({ type: 'about:blank', status, detail: 'no', code });
  });

  it.each([
    ['not JSON', '{"a":', 400, 'parse_failed'],
    ['no object', '[]', 400, 'not_an_object'],
    ['too large', `{"by":"${'x'.repeat(1_100_000)}"}`, 413, 'too_large'],
  ])('refuses a body that is %s', async (_, body, status, code) => {
    expect(await post('/v1/alerts/a1/resolve', body)).toMatchObject({ status, body: { code } });
  });

  it('says that the connection ends with the answer to a body that is too large', async () => {
    const { headers } = await post('/v1/alerts/a1/resolve', `{"by":"${'x'.repeat(1_100_000)}"}`);
    expect(headers.get('connection')).toBe('close');
    const { headers: others } = await post('/v1/alerts/a1/resolve', '[]');
    expect(others.get('connection')).toBe('keep-alive');
  });

  it('refuses a body that a form could have sent', async () => {
    const refused = await post('/v1/alerts', 'title=x', { 'content-type': 'application/x-www-form-urlencoded' });
    expect(refused).toMatchObject({ status: 415, body: { code: 'content_type_unsupported' } });
    expect(await post('/v1/alerts', '{}', { 'content-type': 'text/plain' })).toMatchObject({ status: 415 });
  });

  it('needs no body where none is needed', async () => {
    server.engine.answer = (_, args) => ({ ok: true, args });
    expect(await post('/v1/alerts/a1/resolve')).toMatchObject({ status: 200, body: { args: { id: 'a1' } } });
  });

  it('refuses commands from pages of other origins', async () => {
    server.engine.executed.length = 0;
    expect(await post('/v1/alerts', { title: 'T' }, { origin: 'http://evil.example' })).toMatchObject({
      status: 403,
      body: { code: 'origin_forbidden' },
    });
    expect(server.engine.executed).toEqual([]);
    expect(await post('/v1/alerts', { title: 'T' }, { origin: server.url })).toMatchObject({ status: 201 });
  });
});

describe('dead letters', () => {
  it('P16 are listed, as many as are asked for', async () => {
    const letter = {
      channel: 'hook',
      status: 'dead',
      alertId: 'a',
      transition: 1,
      type: 'opened',
      title: 't',
    } as const;
    const view = { ...letter, severity: 'high', at: 5, error: 'HTTP 400' } as const;
    server.engine.dead.push({ ...view, id: 'a.1.hook' }, { ...view, id: 'b.1.hook' });
    expect((await get('/v1/deliveries?status=dead&limit=1')).body).toEqual({
      deliveries: [{ ...view, id: 'a.1.hook' }],
    });
    for (const bad of ['status=sent', 'limit=0', 'page=2']) {
      expect(await get(`/v1/deliveries?${bad}`)).toMatchObject({ status: 400, body: { code: 'query_invalid' } });
    }
  });

  it('P16 are sent again by the command resend', async () => {
    server.engine.executed.length = 0;
    server.engine.answer = () => ({ ok: true });
    expect(await post('/v1/deliveries/a.1.ops%20mail/resend', { by: 'ann' })).toMatchObject({ status: 200 });
    expect(server.engine.executed).toMatchObject([{ name: 'resend', args: { delivery: 'a.1.ops mail', by: 'ann' } }]);
  });
});

describe('other resources', () => {
  it('lists rules and figures', async () => {
    expect((await get('/v1/rules')).body).toEqual({ rules: [] });
    expect((await get('/v1/stats')).body).toMatchObject({ received: 0, stageMs: {} });
  });

  it('answers 404 for what is not there, and 405 naming the methods for what is', async () => {
    expect(await get('/v1/nothing')).toMatchObject({ status: 404, body: { code: 'not_found' } });
    const response = await fetch(`${server.url}/v1/alerts`, { method: 'PUT' });
    expect([response.status, response.headers.get('allow')]).toEqual([405, 'GET, POST, DELETE']);
    expect(await response.json()).toMatchObject({ code: 'method_not_allowed' });
  });

  it('refuses names that others have pointed at us', async () => {
    expect(await statusForHost(`127.0.0.1:${server.port}`)).toBe(200);
    expect(await statusForHost('evil.example')).toBe(403);
  });

  it('F7 survives requests that are no HTTP', async () => {
    const socket = connect(server.port, '127.0.0.1');
    socket.end('\u0000\u0001 garbage\r\n\r\n');
    await once(socket.resume(), 'close');
    expect((await get('/healthz')).status).toBe(200);
  });
});

describe('dashboard', () => {
  let directory: string;

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'tocsin-static-'));
    await mkdir(join(directory, 'assets'));
    await writeFile(join(directory, 'index.html'), '<!doctype html><title>Tocsin</title>');
    await writeFile(join(directory, 'assets', 'index-Ab3dEf9h.js'), 'export {}');
  });

  afterAll(() => rm(directory, { recursive: true }));

  it('serves the page, checked at every visit, and its assets for ever', async () => {
    await using built = await startGateway({}, directory);
    const page = await fetch(`${built.url}/`);
    expect(await page.text()).toContain('<title>Tocsin</title>');
    expect(page.headers.get('cache-control')).toBe('no-cache');
    const again = await fetch(`${built.url}/`, { headers: { 'if-none-match': page.headers.get('etag')! } });
    expect(again.status).toBe(304);
    const asset = await fetch(`${built.url}/assets/index-Ab3dEf9h.js`);
    expect(asset.headers.get('content-type')).toBe('text/javascript; charset=utf-8');
    expect(asset.headers.get('cache-control')).toBe('public, max-age=31536000, immutable');
  });

  it('lets the page talk to this server and nobody else', async () => {
    await using built = await startGateway({}, directory);
    const { headers } = await fetch(`${built.url}/`);
    expect(headers.get('content-security-policy')).toContain("default-src 'self'");
    expect(headers.get('content-security-policy')).toContain(`connect-src 'self' ws://127.0.0.1:${built.port}`);
    expect(headers.get('x-content-type-options')).toBe('nosniff');
  });

  it('serves nothing but the files of the page', async () => {
    await using built = await startGateway({}, directory);
    for (const path of ['/../package.json', '/%2e%2e/package.json', '/assets/', '/assets/..%2f..%2fetc%2fpasswd']) {
      const socket = connect(built.port, '127.0.0.1');
      socket.end(`GET ${path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`);
      const [head] = await once(socket, 'data');
      expect(String(head)).toMatch(/^HTTP\/1\.1 404 /);
    }
  });

  it('says what to do when the page was not built', async () => {
    expect(await get('/')).toMatchObject({ status: 200, body: expect.stringContaining('npm run build') });
  });
});
