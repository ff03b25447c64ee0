import { connect, StringCodec } from 'nats';
import { describe, expect, it } from 'vitest';
import { eventually } from '../support/eventually.js';
import { TocsinProcess } from '../support/tocsin.js';
import { PlainClient } from '../support/ws-client.js';

const config = (limit: number, more = '') => `
rules: [{ id: cpu, name: High CPU, metric: cpu.usage, when: "> ${limit}", severity: high, ${more} }]
defaultChannels: [log]
`;

describe('the command, with a configuration that changes', () => {
  it('F10 goes on through mistakes, tells of them everywhere, and takes over what is right', async () => {
    await using tocsin = new TocsinProcess(config(80));
    await tocsin.start();
    const limit = async () => (await get(tocsin, '/v1/rules')).rules[0].when;
    const reloaded = async () => (await get(tocsin, '/v1/stats')).config.ok;

    tocsin.rewrite(config(90));
    await eventually(limit).toBe('> 90');

    tocsin.rewrite(config(95, 'for: soon'));
    await eventually(reloaded).toBe(false);
    expect(await limit()).toBe('> 90');
    const { ready, checks } = await get(tocsin, '/readyz');
    expect([ready, checks.config.ok]).toEqual([true, true]);
    expect(checks.config.detail).toMatch(/the last reload failed.*CFG205.*rules\[0\]\.for must be a duration/);
    expect(await metric(tocsin, 'tocsin_config_last_reload_successful')).toBe(0);

    tocsin.rewrite(config(96));
    await eventually(limit).toBe('> 96');
    tocsin.hangUp();
    await eventually(reloaded).toBe(true);
    expect(await metric(tocsin, 'tocsin_config_last_reload_successful')).toBe(1);
    expect(await metric(tocsin, 'tocsin_config_last_reload_success_timestamp_seconds')).toBeGreaterThan(1.7e9);
  });

  it('P33 is changed over HTTP and NATS, keeps that through kill and reload, and says where each rule is from', async () => {
    await using tocsin = new TocsinProcess(config(80));
    await tocsin.start();
    const rules = async () => (await get(tocsin, '/v1/rules')).rules;

    const rule = { metric: 'disk.usage', when: '> 90', severity: 'critical', by: 'ann' };
    const put = await send(tocsin, 'PUT', '/v1/rules/disk', rule);
    expect([put.status, put.body]).toEqual([201, { ok: true, id: 'disk', status: 'added' }]);
    const refused = await send(tocsin, 'PUT', '/v1/rules/disk', { ...rule, when: 'full' });
    expect(refused.status).toBe(400);
    expect(refused.body).toMatchObject({ code: 'config_invalid', problems: [{ code: 'CFG207', path: 'rule.when' }] });
    expect(await request(tocsin, 'rule.delete', { id: 'cpu', by: 'bob' })).toEqual({
      ok: true,
      id: 'cpu',
      status: 'removed',
    });
    expect(await request(tocsin, 'rule.delete', { id: 'cpu', by: 'bob' })).toMatchObject({
      error: { code: 'rule_unknown' },
    });

    await tocsin.stop('SIGKILL');
    await tocsin.start();
    expect(await rules()).toMatchObject([{ id: 'disk', when: '> 90', from: 'command', by: 'ann' }]);
    expect((await get(tocsin, '/v1/rules/disk')).rule).toEqual({
      id: 'disk',
      metric: 'disk.usage',
      when: '> 90',
      severity: 'critical',
    });

    const route = await send(tocsin, 'PUT', '/v1/routes/disks?by=ann', {
      match: { source: 'db-*' },
      channels: ['console'],
    });
    expect(route.status).toBe(201);
    const { routes } = await get(tocsin, '/v1/routes');
    expect(routes.map(({ id, from }: { id: string; from: string }) => `${id} ${from}`)).toEqual([
      'critical_all_channels default',
      'trade_alerts default',
      'risk_alerts default',
      'disks command',
    ]);
    expect((await send(tocsin, 'DELETE', '/v1/routes/disks?by=ann')).status).toBe(200);
    expect((await send(tocsin, 'DELETE', '/v1/routes/disks?by=ann')).status).toBe(404);
    const restored = await send(tocsin, 'DELETE', '/v1/rules/cpu?restore=true', { by: 'ann' });
    expect(restored.body).toEqual({ ok: true, id: 'cpu', status: 'restored' });
    expect((await rules()).map(({ id, from }: { id: string; from: string }) => `${id} ${from}`)).toEqual([
      'cpu file',
      'disk command',
    ]);
  });

  it('P33 is changed over WebSocket, and refused with everything that is wrong', async () => {
    await using tocsin = new TocsinProcess(config(80));
    await tocsin.start();
    const client = await PlainClient.open(`${tocsin.url}/v1/stream`, ['tocsin.v1.json']);
    const levels = { medium: { when: '> 60' }, high: { when: '> 80', clear: '< 70' } };
    const rule = { id: 'load', metric: 'load', levels };
    client.send({ op: 'command', ref: 1, name: 'rule.put', args: { rule, by: 'ann' } });
    expect(await client.next('ok')).toMatchObject({ ref: 1, result: { id: 'load', status: 'added' } });
    client.send({
      op: 'command',
      ref: 2,
      name: 'route.put',
      args: { route: { id: 'r', channels: ['nowhere'] }, by: 'ann' },
    });
    const problems = [{ code: 'CFG303', path: 'route.channels[0]', allowed: ['log', 'console'] }];
    expect(await client.next('error')).toMatchObject({ ref: 2, code: 'config_invalid', problems });
    client.socket.close();
  });
});

async function get(tocsin: TocsinProcess, path: string) {
  return (await fetch(tocsin.url + path)).json();
}

async function send(tocsin: TocsinProcess, method: string, path: string, body?: object) {
  const headers = { 'content-type': 'application/json' };
  const init = body === undefined ? { method } : { method, headers, body: JSON.stringify(body) };
  const response = await fetch(tocsin.url + path, init);
  return { status: response.status, body: await response.json() };
}

async function request(tocsin: TocsinProcess, command: string, args: object) {
  const nats = await connect({ servers: tocsin.nats });
  try {
    const codec = StringCodec();
    const reply = await nats.request(`tocsin.command.${command}`, codec.encode(JSON.stringify(args)), {
      timeout: 5_000,
    });
    return JSON.parse(codec.decode(reply.data));
  } finally {
    await nats.close();
  }
}

async function metric(tocsin: TocsinProcess, name: string): Promise<number> {
  const text = await (await fetch(`${tocsin.url}/metrics`)).text();
  return Number(
    text
      .split('\n')
      .find((line) => line.startsWith(`${name} `))!
      .split(' ')[1],
  );
}
