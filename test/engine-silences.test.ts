import { describe, expect, it } from 'vitest';
import type { ConfigInput } from '../src/config/index.js';
import { type EngineUnderTest, startTestEngine } from './support/engine.js';
import { cpu } from './support/rules.js';

const minute = 60_000;
const database = [{ name: 'source', op: '=', value: 'db-1' }];
const disk = { title: 'Disk full', source: 'db-1', severity: 'high', key: 'disk' };

function silence(test: EngineUnderTest, fields: Record<string, unknown> = {}) {
  const endsAt = test.clock.wall() + 10 * minute;
  return test.command('silence', { matchers: database, endsAt, by: 'ada', comment: 'maintenance', ...fields });
}

/** An engine that has come to rest after its start. */
async function start(input: ConfigInput = {}): Promise<EngineUnderTest> {
  const test = await startTestEngine(input);
  await test.advance(2_000);
  return test;
}

describe('a silence', () => {
  it('keeps alerts that meet its matchers from being notified, and tells those that are still open when it ends', async () => {
    const test = await start();
    expect(await silence(test)).toMatchObject({ ok: true, state: 'active', matches: [], count: 0 });
    const muted = await test.raise(disk);
    expect(muted).toMatchObject({ ok: true, status: 'suppressed', reason: 'silenced' });
    expect(await test.raise({ ...disk, key: 'other', source: 'db-2' })).toMatchObject({ status: 'pending' });
    await test.advance(9 * minute);
    expect(test.hook.lines).toEqual(['opened high Disk full']);
    await test.advance(minute);
    expect(test.hook.lines).toEqual(['opened high Disk full', 'unsilenced high Disk full']);
    expect(test.hook.sent.at(-1)!.data.alert.id).toBe(muted['id']);
    expect(test.story()).toEqual(['opened silenced', 'opened raised', 'unsilenced silence_over']);
  });

  it('is seen by everybody who looks at the alert', async () => {
    const test = await start();
    const { id } = await silence(test);
    await test.raise(disk);
    expect(test.events.at(-1)!.alert).toMatchObject({
      silencedBy: [id],
      status: 'suppressed',
      admission: { verdict: 'not_asked' },
    });
    await test.command('unsilence', { id, by: 'ada' });
    expect(test.events.find(({ type }) => type === 'unsilenced')!.alert).not.toHaveProperty('silencedBy');
    await test.advance(1_000);
    expect(test.events.at(-1)!.alert).toMatchObject({ status: 'delivered', admission: { verdict: 'admitted' } });
  });

  it('that begins while an alert is open is an event of it, and pauses its repeats and its ladder', async () => {
    const test = await start({
      rules: [{ ...cpu, repeat: '3m', escalation: 'oncall' }],
      escalations: { oncall: { levels: [{ after: '5m', channels: ['pager'] }] } },
    });
    await test.sample('cpu.usage', 91, 'db-1');
    await test.advance(minute);
    expect(await silence(test)).toMatchObject({ count: 1, matches: [test.events[0]!.alert.id] });
    await test.advance(9 * minute);
    expect(test.story()).toEqual(['opened rule_fired', 'silenced silence']);
    expect(test.events.at(-1)!.alert.escalation).toEqual({ level: 0, max: 1, remainingMs: 4 * minute });
    await test.advance(minute);
    expect(test.hook.lines).toEqual(['opened high High CPU', 'unsilenced high High CPU']);
    await test.advance(3 * minute - 200);
    expect(test.pager.lines).toEqual([]);
    await test.advance(minute + 400);
    expect(test.pager.lines).toEqual(['escalated high High CPU']);
    expect(test.hook.lines).toEqual(['opened high High CPU', 'unsilenced high High CPU', 'repeated high High CPU']);
  });

  it('that is yet to start mutes from its start on', async () => {
    const test = await start();
    const startsAt = test.clock.wall() + minute;
    expect(await silence(test, { startsAt })).toMatchObject({ state: 'pending' });
    await test.raise(disk);
    expect(test.hook.lines).toEqual(['opened high Disk full']);
    await test.advance(minute);
    expect(test.story()).toEqual(['opened raised', 'silenced silence']);
  });

  it('that a person ends early is over at once; one that is over stays as it was', async () => {
    const test = await start();
    const { id } = await silence(test);
    await test.raise(disk);
    expect(await test.command('unsilence', { id, by: 'bob' })).toEqual({ ok: true, id, state: 'ended' });
    await test.advance(100);
    expect(test.hook.lines).toEqual(['unsilenced high Disk full']);
    await test.advance(minute);
    expect(await test.command('unsilence', { id, by: 'eve' })).toEqual({ ok: true, id, state: 'ended' });
  });

  it('ends for an alert only when the last of several does', async () => {
    const test = await start();
    const first = await silence(test, { endsAt: test.clock.wall() + minute });
    const second = await silence(test, { matchers: [{ name: 'severity', op: '!=', value: 'low' }] });
    await test.raise(disk);
    expect(test.events.at(-1)!.alert.silencedBy).toEqual([first['id'], second['id']]);
    await test.advance(minute);
    expect(test.story()).toEqual(['opened silenced', 'updated mute_changed']);
    expect(test.events.at(-1)!.alert.silencedBy).toEqual([second['id']]);
    await test.advance(10 * minute);
    expect(test.hook.lines).toEqual(['unsilenced high Disk full']);
  });

  it('says nothing when it ends of what was resolved meanwhile, and tells the end only to those who knew', async () => {
    const test = await start();
    await test.raise(disk);
    await silence(test);
    await test.raise({ ...disk, key: 'silent' });
    await test.raise({ key: 'disk', status: 'resolved' });
    await test.raise({ key: 'silent', status: 'resolved' });
    await test.advance(11 * minute);
    expect(test.hook.lines).toEqual(['opened high Disk full', 'resolved high Disk full']);
  });

  it('never sends what happened once while it was in force', async () => {
    const test = await start();
    await silence(test);
    const sent = await test.raise({ title: 'Executed', source: 'db-1', status: 'event' });
    expect(sent).toMatchObject({ status: 'suppressed', reason: 'silenced' });
    await test.advance(11 * minute);
    expect(test.hook.lines).toEqual([]);
    expect(test.events.at(-1)!.alert).toMatchObject({ state: 'resolved', status: 'suppressed' });
  });

  it('leaves an acknowledged alert to who takes care of it', async () => {
    const test = await start();
    const { id } = await test.raise(disk);
    await silence(test);
    await test.command('acknowledge', { id, by: 'bob' });
    await test.advance(11 * minute);
    expect(test.hook.lines).toEqual(['opened high Disk full']);
    await test.command('unacknowledge', { id, by: 'bob' });
    expect(test.hook.lines).toEqual(['opened high Disk full', 'unacknowledged high Disk full']);
  });

  it('catches an alert whose content comes to meet its matchers, and lets go of one that no longer does', async () => {
    const test = await start({ dedupe: { window: '0s' } });
    await silence(test, { matchers: [{ name: 'title', op: '^=', value: 'Disk' }] });
    await test.raise({ ...disk, title: 'Memory full' });
    expect(await test.raise(disk)).toMatchObject({ status: 'suppressed', reason: 'silenced' });
    await test.advance(2_000);
    expect(await test.raise({ ...disk, title: 'Memory full' })).toMatchObject({ status: 'suppressed' });
    await test.advance(2_000);
    expect(test.hook.lines).toEqual(['opened high Memory full', 'unsilenced high Memory full']);
  });
});

describe('admission and silences', () => {
  it('P14 a muted alert takes no rate, and no copy of it counts as seen', async () => {
    const test = await start({ rateLimit: { windows: [{ max: 1, per: '1h' }], cooldown: '0s' } });
    const { id } = await silence(test);
    for (let i = 0; i < 5; i++) await test.raise(disk);
    await test.advance(2_000);
    await test.command('unsilence', { id, by: 'ada' });
    await test.advance(100);
    expect(test.hook.lines).toEqual(['unsilenced high Disk full']);
    expect(test.events.at(-1)!.alert.count).toBe(5);
  });

  it('P13 an alert that was told when its silence ended is known for the whole window after that, restarts included', async () => {
    const test = await start();
    await silence(test);
    await test.raise(disk);
    await test.advance(11 * minute);
    expect(await test.raise(disk)).toMatchObject({ status: 'suppressed', reason: 'duplicate' });
    const again = await test.restart();
    expect(await again.raise(disk)).toMatchObject({ status: 'suppressed', reason: 'duplicate' });
    await again.advance(5 * minute);
    expect(await again.raise(disk)).toMatchObject({ status: 'pending' });
  });

  it('P11 P12 what finds no room when its silence ends is limited: counted in the summary, and a grave rule alert is told when there is room', async () => {
    const test = await start({
      rules: [cpu],
      rateLimit: { windows: [{ max: 1, per: '20m' }], cooldown: '30m' },
    });
    const { id } = await silence(test);
    await test.sample('cpu.usage', 91, 'db-1');
    await test.sample('cpu.usage', 91, 'web-1');
    await test.command('unsilence', { id, by: 'ada' });
    await test.advance(1_000);
    expect(test.story()).toEqual(['opened silenced', 'opened rule_fired', 'unsilenced rate_limited']);
    expect(test.events.at(-1)!.alert).toMatchObject({ source: 'db-1', status: 'rate_limited' });
    await test.advance(40 * minute);
    expect(test.hook.lines[0]).toBe('opened high High CPU');
    expect(test.hook.lines.slice(1).sort()).toEqual([
      'opened medium 1 alert of performance was held back',
      'repeated high High CPU',
    ]);
  });
});

describe('a restart with silences', () => {
  it('keeps them, and what they mute, without a word', async () => {
    const test = await start();
    const { id } = await silence(test);
    await test.raise(disk);
    const again = await test.restart();
    await again.advance(5_000);
    expect(again.story()).toEqual([]);
    expect(await again.raise({ ...disk, key: 'new' })).toMatchObject({ status: 'suppressed', reason: 'silenced' });
    await again.command('unsilence', { id, by: 'ada' });
    await again.advance(1_000);
    expect(again.hook.lines).toEqual(['unsilenced high Disk full', 'unsilenced high Disk full']);
  });

  it('tells of what a silence that ended meanwhile had muted, once the engine has come to rest', async () => {
    const test = await start();
    await silence(test);
    await test.raise(disk);
    await test.engine.stop();
    test.clock.step(11 * minute);
    const again = await startTestEngine({}, { ...test, unsettled: true });
    await again.advance(900);
    expect(again.story()).toEqual([]);
    await again.advance(1_000);
    expect(again.hook.lines).toEqual(['unsilenced high Disk full']);
  });

  it('a silence that is ended while the engine settles lets go of its alerts once', async () => {
    const test = await start();
    const { id } = await silence(test);
    await test.raise(disk);
    await test.engine.stop();
    const again = await startTestEngine({}, { ...test, unsettled: true });
    await again.command('unsilence', { id, by: 'ada' });
    expect(again.story()).toEqual([]);
    await again.advance(5_000);
    expect(again.story()).toEqual(['unsilenced silence_over']);
    expect(again.hook.lines).toEqual(['unsilenced high Disk full']);
  });

  it('takes over what another engine writes', async () => {
    const test = await start();
    await test.raise(disk);
    const now = test.clock.wall();
    const matchers = database;
    const body = {
      v: 1,
      id: 'zz-1',
      matchers,
      startsAt: now,
      endsAt: now + minute,
      by: 'eve',
      comment: '',
      createdAt: now,
    };
    await test.driver.log.append({ subject: 'silence.zz-1', body, messageId: 'zz-1' });
    await test.advance(100);
    expect(test.story()).toEqual(['opened raised', 'silenced silence']);
  });

  it('passes over what is no silence', async () => {
    const test = await start();
    const matchers = [{ name: 'source', op: '~', value: '(' }];
    const bad = { v: 1, id: 'a', matchers, startsAt: 0, endsAt: 9e15, by: 'eve', comment: '', createdAt: 0 };
    for (const [i, body] of [null, 'text', { v: 2 }, { ...bad, matchers: [] }, bad, { ...bad, id: 'b' }].entries()) {
      await test.driver.log.append({ subject: 'silence.a', body, messageId: `bad-${i}` });
    }
    const again = await test.restart();
    expect(await again.raise(disk)).toMatchObject({ status: 'pending' });
    expect(await silence(again)).toMatchObject({ ok: true });
  });

  it('F9 a wall clock that is set neither ends a silence nor lengthens it', async () => {
    for (const step of [60 * minute, -60 * minute]) {
      const test = await start();
      await silence(test);
      await test.raise(disk);
      test.clock.step(step);
      await test.advance(9 * minute);
      expect(test.hook.lines).toEqual([]);
      await test.advance(minute + 1_000);
      expect(test.hook.lines).toEqual(['unsilenced high Disk full']);
    }
  });
});

describe('the commands silence and unsilence', () => {
  it('tell what would be muted, and store nothing', async () => {
    const test = await start();
    const { id } = await test.raise(disk);
    await test.raise({ title: 'Other' });
    const preview = await test.command('silence', { matchers: database, dryRun: true });
    expect(preview).toEqual({ ok: true, matches: [id], count: 1 });
    expect(await test.raise({ ...disk, key: 'new' })).toMatchObject({ reason: 'duplicate' });
    expect(test.story()).not.toContain('silenced silence');
  });

  const bad = (matcher: unknown) => ({ matchers: [database[0], matcher] });
  it.each([
    ['silence_invalid', 'matchers', { matchers: undefined }],
    ['silence_invalid', 'matchers', { matchers: [] }],
    ['silence_invalid', 'matchers', { matchers: new Array(33).fill(database[0]) }],
    ['silence_invalid', 'matchers[1]', bad('source=db-1')],
    ['silence_invalid', 'matchers[1].name', bad({ name: '', op: '=', value: 'a' })],
    ['silence_invalid', 'matchers[1].op', bad({ name: 'source', op: '=~', value: 'a' })],
    ['silence_invalid', 'matchers[1].op', bad({ name: 'tag', op: '~', value: 'a' })],
    ['silence_invalid', 'matchers[1].value', bad({ name: 'source', op: '=', value: 1 })],
    ['silence_invalid', 'matchers[1].value', bad({ name: 'source', op: '~', value: '(a' })],
    ['silence_invalid', 'matchers[1].value', bad({ name: 'source', op: '~', value: '(?=a)' })],
    ['silence_invalid', 'matchers[1].regex', bad({ name: 'source', op: '=', value: 'a', regex: true })],
    ['field_missing', 'endsAt', { endsAt: undefined }],
    ['silence_invalid', 'endsAt', { endsAt: 'tomorrow' }],
    ['silence_invalid', 'endsAt', { endsAt: 1 }],
    ['silence_invalid', 'endsAt', { startsAt: '2999-01-02T00:00:00Z', endsAt: '2999-01-01T00:00:00Z' }],
    ['field_missing', 'by', { by: undefined }],
    ['field_missing', 'comment', { comment: undefined }],
    ['silence_invalid', 'dryRun', { dryRun: 'yes' }],
  ])('refuse with %s what is wrong in %s: %j', async (code, field, fields) => {
    const test = await startTestEngine();
    expect(await silence(test, fields)).toMatchObject({ ok: false, error: { code, field } });
  });

  it('refuse an id that no silence has', async () => {
    const test = await startTestEngine();
    const refused = { ok: false, error: { code: 'silence_unknown', field: 'id' } };
    expect(await test.command('unsilence', { id: 'silence.>', by: 'ada' })).toMatchObject(refused);
  });

  it('match fields and labels, tags one by one', async () => {
    const test = await start();
    const { id } = await test.raise({ ...disk, category: 'trade', labels: { region: 'eu-1' }, tags: ['night', 'db'] });
    const count = async (name: string, op: string, value: string) =>
      (await test.command('silence', { matchers: [{ name, op, value }], dryRun: true }))['count'];
    expect(await count('category', '=', 'trade')).toBe(1);
    expect(await count('severity', '=', 'high')).toBe(1);
    expect(await count('rule', '=', '')).toBe(1);
    expect(await count('title', '~', 'Disk .*')).toBe(1);
    expect(await count('title', '~', 'Disk')).toBe(0);
    expect(await count('region', '^=', 'eu-')).toBe(1);
    expect(await count('region', '!=', 'eu-1')).toBe(0);
    expect(await count('zone', '=', '')).toBe(1);
    expect(await count('tag', '=', 'db')).toBe(1);
    expect(await count('tag', '=', 'night,db')).toBe(0);
    expect(await count('tag', '!=', 'db')).toBe(0);
    expect(await count('tag', '!=', 'web')).toBe(1);
    expect(id).toBeDefined();
  });
});
