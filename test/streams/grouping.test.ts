import { describe, expect, it } from 'vitest';
import { byCategory, GroupingWorld, notificationsOf } from '../support/grouping.js';

const minute = 60_000;

describe('P15 the timeline of a group', () => {
  it('P15 the first notification of a new group is told after the wait, with all that came meanwhile', async () => {
    const world = new GroupingWorld();
    await world.start();
    await world.store('a');
    await world.pass(29_000);
    await world.store('b');
    expect(world.story).toEqual([]);
    await world.pass(1_000);
    expect(world.story).toEqual(['wait hook: a 1, b 1']);
  });

  it('P15 what comes later is told an interval after the last message of the group', async () => {
    const world = new GroupingWorld();
    await world.start();
    await world.store('a');
    await world.store('b');
    await world.pass(30_000);
    await world.pass(10_000);
    await world.store('c');
    await world.store('d');
    await world.pass(5 * minute - 10_001);
    expect(world.story).toHaveLength(1);
    await world.pass(1);
    expect(world.story).toEqual(['wait hook: a 1, b 1', 'interval hook: c 1, d 1']);
  });

  it('P15 a group that was quiet for an interval is new again', async () => {
    const world = new GroupingWorld();
    await world.start();
    await world.store('a');
    await world.pass(30_000);
    await world.pass(6 * minute);
    await world.store('b');
    await world.store('c');
    await world.pass(29_999);
    expect(world.story).toHaveLength(1);
    await world.pass(1);
    expect(world.story).toEqual(['alone hook: a 1', 'wait hook: b 1, c 1']);
  });

  it('P15 each group and each channel has a message of its own', async () => {
    const world = new GroupingWorld();
    await world.start();
    await world.store('a', { category: 'risk', notify: ['hook', 'mail'] });
    await world.store('b', { category: 'risk' });
    await world.store('c', { category: 'trade' });
    await world.store('d', { category: 'trade' });
    await world.pass(30_000);
    expect([...world.story].sort()).toEqual(['alone mail: a 1', 'wait hook: a 1, b 1', 'wait hook: c 1, d 1']);
  });

  it('P41 an escalation does not wait, and what waits in its group goes with it', async () => {
    const world = new GroupingWorld();
    await world.start();
    await world.store('a');
    await world.pass(5_000);
    await world.store('b', { type: 'escalated', reason: 'not_acknowledged' });
    expect(world.story).toEqual(['urgent hook: a 1, b 1']);
    await world.store('c');
    await world.pass(5 * minute - 1);
    expect(world.story).toHaveLength(1);
    await world.pass(1);
    expect(world.story.at(-1)).toBe('alone hook: c 1');
  });

  it('P39 a rise of severity does not wait, even when the group is one of severities', async () => {
    const world = new GroupingWorld();
    await world.start({ ...byCategory, by: ['severity'] });
    await world.store('a', { severity: 'medium' });
    await world.store('b', { severity: 'medium' });
    await world.store('a', { type: 'updated', reason: 'severity_up', severity: 'critical' });
    expect(world.story).toEqual(['urgent hook: a 1, b 1, a 2']);
  });

  it('P39 an alert that opened and was resolved within one wait is told once, with both', async () => {
    const world = new GroupingWorld();
    await world.start();
    await world.store('a');
    await world.store('b');
    await world.store('a', { type: 'resolved', reason: 'rule', state: 'resolved' });
    await world.pass(30_000);
    expect(world.story).toEqual(['wait hook: a 1, b 1, a 2']);
    expect(world.put[0]!.batch!.counts).toEqual({
      alerts: 2,
      open: 1,
      events: 0,
      resolved: 1,
      bySeverity: { low: 0, medium: 1, high: 0, critical: 0 },
    });
  });

  it('P15 a channel that cannot tell several at once is told each at once', async () => {
    const world = new GroupingWorld();
    await world.start();
    await world.store('a', { notify: ['pager', 'hook'] });
    expect(world.story).toEqual(['alone pager: a 1']);
    await world.pass(30_000);
    expect(world.story).toEqual(['alone pager: a 1', 'alone hook: a 1']);
  });

  it('P40 alerts for which the channel is changed in different ways are not told together', async () => {
    const world = new GroupingWorld();
    await world.start();
    await world.store('a', { overrides: { hook: { headers: { team: 'a' } } } });
    await world.store('b');
    await world.store('c', { overrides: { mail: { timeoutMs: 1_000 } } });
    await world.pass(30_000);
    expect([...world.story].sort()).toEqual(['alone hook: a 1', 'wait hook: b 1, c 1']);
  });

  it('P15 of more than fit into a message the gravest are told and all are counted', async () => {
    const world = new GroupingWorld();
    await world.start({ ...byCategory, max: 2 });
    await world.store('a', { severity: 'low' });
    await world.store('b', { severity: 'critical' });
    await world.store('c', { severity: 'medium' });
    await world.store('d', { severity: 'high' });
    await world.pass(30_000);
    expect(world.story).toEqual(['wait hook: b 1, d 1 +2']);
    expect(world.put[0]!.batch!.counts).toMatchObject({ alerts: 4, bySeverity: { low: 1, critical: 1 } });
    expect(notificationsOf(world.put[0]!)).toHaveLength(4);
  });

  it('P15 large alerts make a smaller message, below what a server takes', async () => {
    const world = new GroupingWorld();
    await world.start();
    const data = { text: 'x'.repeat(60_000) };
    for (const name of ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h']) await world.store(name, { data });
    await world.pass(30_000);
    expect(world.put[0]!.batch!.untold).toHaveLength(4);
    expect(JSON.stringify(world.put[0]).length).toBeLessThan(400_000);
  });

  it('P15 more than a thousand in one group are several messages, in order', async () => {
    const world = new GroupingWorld();
    await world.start({ ...byCategory, max: 1 });
    for (let i = 0; i < 1_200; i++) {
      const keyHash = String(i).padStart(16, '0');
      const stored = { id: `000000001-${keyHash}`, keyHash };
      void world.store(`${i}`, stored);
    }
    await world.settle();
    await world.pass(30_000);
    expect(world.put.map((message) => notificationsOf(message).length)).toEqual([1_000, 200]);
    expect(new Set(world.put.flatMap(notificationsOf)).size).toBe(1_200);
  });
});

describe('F1 a group over a restart', () => {
  it('F1 what waited is told at the time at which it would have been', async () => {
    const world = new GroupingWorld();
    await world.start();
    await world.store('a');
    await world.pass(10_000);
    world.kill();
    await world.store('b');
    await world.pass(5_000);
    await world.start();
    await world.pass(14_999);
    expect(world.story).toEqual([]);
    await world.pass(1);
    expect(world.story).toEqual(['wait hook: a 1, b 1']);
  });

  it('F1 the interval of a group goes on', async () => {
    const world = new GroupingWorld();
    await world.start();
    await world.store('a');
    await world.pass(30_000);
    await world.pass(10_000);
    world.kill();
    await world.start();
    await world.store('b');
    await world.pass(5 * minute - 10_001);
    expect(world.story).toEqual(['alone hook: a 1']);
    await world.pass(1);
    expect(world.story).toEqual(['alone hook: a 1', 'alone hook: b 1']);
  });

  it('F1 what is overdue after a long time is told at once, in one message', async () => {
    const world = new GroupingWorld();
    await world.start();
    await world.store('a');
    world.kill();
    await world.pass(60 * minute);
    await world.store('b');
    await world.start();
    expect(world.story).toEqual(['wait hook: a 1, b 1']);
  });

  it('F1 a kill between the record and the outbox puts the very same message, with the same id', async () => {
    const world = new GroupingWorld();
    // The first write says which channels are told in groups, the second is the record of the batch.
    await world.start(byCategory, { writes: 2, lastArrives: false });
    await world.store('a');
    await world.store('b');
    await world.pass(30_000);
    expect(world.isAlive).toBe(false);
    expect(world.story).toEqual([]);
    await world.store('c');
    await world.pass(120_000);
    await world.start({ ...byCategory, by: ['source'] });
    expect(world.story[0]).toBe('wait hook: a 1, b 1');
    await world.pass(10 * minute, 30_000);
    expect(world.story).toEqual(['wait hook: a 1, b 1', 'alone hook: c 1']);
  });

  it('F1 a kill after the outbox repeats the message with the same id and content', async () => {
    const world = new GroupingWorld();
    await world.start(byCategory, { writes: 2, lastArrives: true });
    await world.store('a');
    await world.store('b');
    await world.pass(30_000);
    expect(world.isAlive).toBe(false);
    await world.start();
    expect(world.story).toEqual(['wait hook: a 1, b 1', 'wait hook: a 1, b 1']);
    expect(world.put[1]).toEqual(world.put[0]);
  });

  it('F9 a clock that was set back makes nobody wait for longer', async () => {
    const world = new GroupingWorld();
    await world.start();
    await world.store('a');
    await world.pass(30_000);
    await world.store('b');
    world.kill();
    world.clock.step(-60 * minute);
    await world.start();
    await world.pass(5 * minute);
    expect(world.story).toEqual(['alone hook: a 1', 'alone hook: b 1']);
  });

  it('F13 a batch that the outbox refuses is told when it takes it again, and nothing overtakes it', async () => {
    const world = new GroupingWorld();
    await world.start();
    await world.store('a');
    await world.store('b');
    world.refuses = true;
    await world.pass(30_000);
    await world.store('a', { type: 'escalated' });
    await world.pass(60_000, 1_000);
    expect(world.story).toEqual([]);
    world.refuses = false;
    await world.pass(2_000, 1_000);
    expect(world.story).toEqual(['wait hook: a 1, b 1', 'alone hook: a 2']);
  });
});

describe('F12 two engines on one log', () => {
  it('F12 tell each notification in one batch only', async () => {
    const world = new GroupingWorld();
    await world.start();
    await world.start();
    await world.store('a');
    await world.store('b');
    await world.pass(30_000);
    await world.store('c');
    await world.pass(10 * minute, 10_000);
    const ids = new Set(world.put.map(({ id }) => id));
    expect(ids.size).toBe(2);
    expect(new Set(world.story)).toEqual(new Set(['wait hook: a 1, b 1', 'alone hook: c 1']));
  });
});

describe('grouping is switched', () => {
  it('F10 off: what waits is told at once, each alone, and what comes is told at once', async () => {
    const world = new GroupingWorld();
    const dispatch = await world.start();
    await world.store('a');
    await world.store('b');
    void dispatch!.configure(undefined);
    await world.settle();
    expect(world.story).toEqual(['alone hook: a 1', 'alone hook: b 1']);
    await world.store('c');
    expect(world.story.at(-1)).toBe('alone hook: c 1');
    await world.pass(10 * minute, 30_000);
    expect(world.story).toHaveLength(3);
  });

  it('F10 on: what was told alone is not told again', async () => {
    const world = new GroupingWorld();
    const dispatch = await world.start('off');
    await world.store('a');
    expect(world.story).toEqual(['alone hook: a 1']);
    void dispatch!.configure(byCategory);
    await world.settle();
    await world.store('b');
    await world.store('c');
    await world.pass(10 * minute, 30_000);
    expect(world.story).toEqual(['alone hook: a 1', 'wait hook: b 1, c 1']);
  });

  it('F10 to other fields: what waits is grouped anew', async () => {
    const world = new GroupingWorld();
    const dispatch = await world.start();
    await world.store('a', { source: 'x' });
    await world.store('b', { source: 'y' });
    await world.store('c', { source: 'y' });
    void dispatch!.configure({ ...byCategory, by: ['source'] });
    await world.settle();
    await world.pass(30_000);
    expect([...world.story].sort()).toEqual(['alone hook: a 1', 'wait hook: b 1, c 1']);
  });

  it('P05 a channel that is told in groups no longer is told at once what waits for it', async () => {
    const world = new GroupingWorld();
    const dispatch = await world.start();
    await world.store('a', { notify: ['hook', 'mail'] });
    world.groupChannels = ['mail'];
    void dispatch!.configure(byCategory);
    await world.settle();
    expect(world.story).toEqual(['alone hook: a 1']);
    await world.pass(30_000);
    expect(world.story).toEqual(['alone hook: a 1', 'alone mail: a 1']);
  });
});

describe('what the log keeps of groups', () => {
  it('F14 is no more than the last intervals', async () => {
    const world = new GroupingWorld();
    await world.start();
    for (let i = 0; i < 40; i++) {
      await world.store(`${i}`);
      await world.pass(6 * minute, minute);
    }
    const retired = world.retired.at(-1)!.places[0]!;
    const records: number[] = [];
    for await (const { seq } of world.driver.log.read('group.>')) records.push(seq);
    expect(records.filter((seq) => seq > retired.upToSeq).length).toBeLessThan(5);
  });
});
