import { beforeEach, describe, expect, it } from 'vitest';
import { silentLogger } from '../../src/model/logger.js';
import type { Retired } from '../../src/streams/janitor.js';
import { createMemoryDriver } from '../../src/streams/memory.js';
import type { Driver } from '../../src/streams/ports.js';
import { Silences } from '../../src/streams/silences.js';
import { all, code } from '../support/driver.js';
import { startTestEngine } from '../support/engine.js';
import { VirtualClock } from '../support/virtual-clock.js';

const matchers = [{ name: 'source', op: '=', value: 'db-1' }] as const;
const fields = { matchers, by: 'ada', comment: 'maintenance' };

let clock: VirtualClock;
let driver: Driver;
let retired: Retired[];
let muted: readonly string[];
/** How often the whole set was handed on. */
let handedOn: number;

function silences(history = { maxAgeMs: 60_000, maxAlerts: 3 }): Silences {
  const mutes = {
    setSilences(set: readonly { readonly id: string }[]) {
      muted = set.map(({ id }) => id);
      handedOn++;
    },
  };
  return new Silences({
    ...{ log: driver.log, mutes, clock, scheduler: clock.scheduler, logger: silentLogger },
    history: () => history,
    onRetired: (each) => retired.push(each),
  });
}

beforeEach(() => {
  clock = new VirtualClock();
  driver = createMemoryDriver({ scheduler: clock.scheduler, wall: () => clock.wall() });
  retired = [];
  muted = [];
  handedOn = 0;
});

const until = (ms: number) => ({ ...fields, startsAt: clock.wall(), endsAt: clock.wall() + ms });

describe('silences', () => {
  it('have ids in the order in which they were made, also within a millisecond', async () => {
    const book = silences();
    const made = [];
    for (let i = 0; i < 20; i++) made.push((await book.add(until(1_000))).id);
    expect([...made].sort()).toEqual(made);
    expect(book.list().map(({ id }) => id)).toEqual([...made].reverse());
  });

  it('are bounded in number; those that are over do not count', async () => {
    const startsAt = clock.wall();
    for (let i = 0; i < 10_000; i++) {
      const id = `s-${i}`;
      const body = { v: 1, id, ...fields, startsAt, endsAt: startsAt + 1_000, createdAt: startsAt };
      await driver.log.append({ subject: `silence.${id}`, body, messageId: id });
    }
    const book = silences();
    await book.load();
    await expect(book.add(until(1_000))).rejects.toSatisfy(code('too_many_silences'));
    clock.advance(1_000);
    await expect(book.add(until(1_000))).resolves.toMatchObject({ state: 'active' });
  });

  it('are bounded in number, however many are asked for at once', async () => {
    const book = silences();
    const answers = await Promise.allSettled(Array.from({ length: 10_001 }, () => book.add(until(1_000))));
    expect(answers.filter(({ status }) => status === 'rejected')).toHaveLength(1);
    expect(muted).toHaveLength(10_000);
  });

  it('that many make and end at once are looked at together, and count once it is answered', async () => {
    const book = silences();
    const made = await Promise.all(Array.from({ length: 100 }, () => book.add(until(1_000))));
    expect(muted).toHaveLength(100);
    await Promise.all(made.map(({ id }) => book.end(id, 'bob')));
    expect(muted).toEqual([]);
    expect(handedOn).toBeLessThan(20);
  });

  it('go out of sight and out of the log when they ended long ago, or when there are many', async () => {
    const book = silences();
    const made = [];
    for (let i = 0; i < 5; i++) made.push(await book.add(until(1_000 + i)));
    const open = await book.add(until(3_600_000));
    clock.advance(2_000);
    book.retire();
    expect(retired.map(({ places }) => places[0]!.subject)).toEqual(made.slice(0, 2).map(({ id }) => `silence.${id}`));
    clock.advance(60_000);
    book.retire();
    expect(retired).toHaveLength(5);
    expect(book.list().map(({ id }) => id)).toEqual([open.id]);
  });

  it('that two engines end at once are ended once', async () => {
    const [one, other] = [silences(), silences()];
    const { id } = await one.add(until(60_000));
    await other.load();
    const ended = await Promise.all([one.end(id, 'ada'), other.end(id, 'bob')]);
    expect(new Set(ended.map(({ endedBy }) => endedBy)).size).toBe(1);
    expect(await all(driver.log.read('silence.>'))).toHaveLength(2);
    expect(muted).toEqual([]);
  });

  it('that are refused by the log mute nothing', async () => {
    const book = silences();
    await driver.close();
    await expect(book.add(until(1_000))).rejects.toSatisfy(code('log_unavailable', { temporary: true }));
    expect(book.list()).toEqual([]);
  });

  it('are removed from the log of a running engine', async () => {
    const test = await startTestEngine({
      history: { maxAge: '1m' },
      rateLimit: { windows: [{ max: 1_000, per: '1m' }], cooldown: '0s' },
      dedupe: { window: '0s' },
    });
    const args = { matchers, endsAt: test.clock.wall() + 30_000, by: 'ada', comment: 'short' };
    await test.command('silence', args);
    expect(await all(test.driver.log.latest('silence.>'))).toHaveLength(1);
    await test.advance(300_000);
    expect(await all(test.driver.log.latest('silence.>'))).toEqual([]);
  });
});
