import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runCli } from '../../src/cli/program.js';
import { createTestIo } from '../cli/test-io.js';
import { eventually } from '../support/eventually.js';
import { startTestNats, type TestNats } from '../support/nats-server.js';
import { http, Outside } from '../support/outside.js';

const hour = 3_600_000;
const disk = { title: 'Disk full', source: 'db-1', key: 'disk' };

function silence(fields: Record<string, unknown> = {}) {
  const matchers = [{ name: 'source', op: '=', value: 'db-1' }];
  return { matchers, endsAt: Date.now() + hour, by: 'ada', comment: 'maintenance', ...fields };
}

let nats: TestNats;
beforeAll(async () => {
  nats = await startTestNats();
});
afterAll(() => nats.stop());

describe('a silence in the log of a real server', () => {
  it('is there again after a restart, before anybody is notified', async () => {
    const prefix = 'kept';
    const first = await Outside.start(nats.url, { prefix });
    const { id } = await first.nats.request(`${prefix}.command.silence`, silence());
    await first.raise(disk);
    await first[Symbol.asyncDispose]();
    await using second = await Outside.start(nats.url, { prefix });
    expect(await second.raise({ ...disk, key: 'other' })).toMatchObject({ status: 'suppressed', reason: 'silenced' });
    await second.raise({ title: 'Told' });
    expect(await second.notified(1)).toEqual(['opened medium Told']);
    await second.nats.request(`${prefix}.command.unsilence`, { id, by: 'bob' });
    expect((await second.notified(3)).slice(1)).toEqual(['unsilenced medium Disk full', 'unsilenced medium Disk full']);
  });

  it('reaches the other engine on the same log, and so does its end', async () => {
    const prefix = 'shared';
    await using one = await Outside.start(nats.url, { prefix });
    await using other = await Outside.start(nats.url, { prefix });
    const { body } = await one.post('/v1/silences', silence());
    const states = async () =>
      ((await other.get('/v1/silences')).body['silences'] as { state: string }[]).map(({ state }) => state);
    await eventually(states).toEqual(['active']);
    await http(`${other.url}/v1/silences/${body['id']}?by=bob`, { method: 'DELETE' });
    await eventually(async () => (await one.get('/v1/silences?state=ended')).body).toMatchObject({
      silences: [{ id: body['id'], state: 'ended', by: 'ada', endedBy: 'bob' }],
    });
    expect(await http(`${one.url}/v1/silences/${body['id']}?by=eve`, { method: 'DELETE' })).toMatchObject({
      status: 200,
      body: { ok: true, state: 'ended' },
    });
    expect((await other.get('/v1/silences')).body).toMatchObject({ silences: [{ endedBy: 'bob' }] });
  });
});

describe('silences from outside', () => {
  let engine: Outside;
  beforeAll(async () => {
    engine = await Outside.start(nats.url);
  });
  afterAll(() => engine[Symbol.asyncDispose]());

  it('are made over HTTP, NATS and WebSocket with the same answers', async () => {
    const { id: alert } = await engine.raise({ ...disk, source: 'web-9' });
    const matchers = [{ name: 'source', op: '~', value: 'web-[0-9]' }];
    const made = { ok: true, id: expect.any(String), state: 'active', matches: [alert], count: 1 };
    const overHttp = await engine.post('/v1/silences', silence({ matchers }));
    expect(overHttp).toEqual({ status: 201, body: made });
    const overNats = await engine.nats.request(`${engine.prefix}.command.silence`, silence({ matchers }));
    expect(overNats).toEqual(made);
    const socket = await engine.open();
    socket.send({ op: 'command', ref: 1, name: 'silence', args: silence({ matchers }) });
    const { result } = await socket.next('ok', ({ ref }) => ref === 1);
    expect({ ok: true, ...(result as object) }).toEqual(made);
    const ids = [overHttp.body['id'], overNats['id'], (result as { id: string }).id];
    expect([...ids].sort()).toEqual(ids);
    for (const [i, id] of ids.entries()) {
      socket.send({ op: 'command', ref: 2 + i, name: 'unsilence', args: { id, by: 'ada' } });
      await socket.next('ok', ({ ref }) => ref === 2 + i);
    }
    await socket.close();
  });

  it('are previewed without being made', async () => {
    const { matchers } = silence({ matchers: [{ name: 'title', op: '^=', value: 'Disk' }] });
    const preview = await engine.post('/v1/silences?dryRun=true', { matchers });
    expect(preview).toMatchObject({ status: 200, body: { ok: true, count: 1 } });
    expect(preview.body).not.toHaveProperty('id');
    expect((await engine.get('/v1/silences?state=pending,active')).body).toEqual({ silences: [] });
  });

  it('are refused with a status that fits', async () => {
    expect(await engine.post('/v1/silences', silence({ matchers: [] }))).toMatchObject({
      status: 400,
      body: { code: 'silence_invalid', field: 'matchers' },
    });
    expect(await http(`${engine.url}/v1/silences/nope?by=ada`, { method: 'DELETE' })).toMatchObject({
      status: 404,
      body: { code: 'silence_unknown' },
    });
    expect(await engine.get('/v1/silences?state=over')).toMatchObject({ status: 400, body: { code: 'query_invalid' } });
    expect(await engine.get('/v1/silences?from=1')).toMatchObject({ status: 400, body: { field: 'from' } });
    expect(await engine.post('/v1/silences?dryRun=1', silence())).toMatchObject({
      status: 400,
      body: { field: 'dryRun' },
    });
  });

  it('are made, listed and ended on the command line', async () => {
    const tocsin = async (...args: string[]) => {
      const io = createTestIo();
      const status = await runCli(['silences', ...args, '--url', engine.url], io);
      return { status, out: io.stdout, err: io.stderr };
    };
    const [matcher, more] = ['source=db-7', 'title~Disk.*=.*'];
    const dry = await tocsin('add', 'source^=web-', '--dry-run');
    expect(dry).toMatchObject({ status: 0, out: ['would mute 1 open alert', expect.any(String)] });
    const added = await tocsin('add', matcher, more, '--until', '30m', '--by', 'ada', '--comment', 'move');
    expect(added).toMatchObject({ status: 0, out: [expect.stringMatching(/^active {2}/), 'mutes 0 open alerts'] });
    const id = added.out[0]!.split('  ')[1]!;
    expect((await tocsin()).out).toEqual([
      expect.stringMatching(/^active .* source=db-7 title~Disk\.\*=\.\* {2}by ada: move {2}/),
    ]);
    expect((await tocsin('end', id, '--by', 'bob')).out).toEqual([`ended  ${id}`]);
    expect((await tocsin('list')).out).toEqual(['no such silence']);
    const { silences } = JSON.parse((await tocsin('list', '--state', 'ended', '--json')).out[0]!);
    expect(silences[0]).toMatchObject({
      endedBy: 'bob',
      matchers: [
        { name: 'source', op: '=', value: 'db-7' },
        { name: 'title', op: '~', value: 'Disk.*=.*' },
      ],
    });
    expect(await tocsin('end', 'nope')).toMatchObject({ status: 1, err: [expect.stringContaining('silence_unknown')] });
    expect(await tocsin('add', 'source')).toMatchObject({ status: 2 });
  });
});
