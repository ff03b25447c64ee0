import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { GroupKernel } from '../../src/operators/group-kernel.js';
import type { GroupBatch, GroupKernelOptions, GroupOmitted, GroupReplaced } from '../../src/operators/group-options.js';
import { propertyRuns } from '../support/property.js';
import { NaiveGroup, type NaiveGroupOptions } from './naive-group.js';

type Options = GroupKernelOptions<string, string>;
type Kernel = GroupKernel<string, string, string>;

const schedule = { waitMs: 30, intervalMs: 300 };

function restored(kernel: Kernel, options: Options): Kernel {
  return new GroupKernel<string, string, string>(options, JSON.parse(JSON.stringify(kernel.snapshot())));
}

/** Takes each letter in at `now`, as a member of group `g`; a capital is open. */
function hear(kernel: Kernel, letters: string, now: number, group = 'g'): void {
  for (const letter of letters)
    kernel.process(group, letter.toLowerCase(), letter, now, letter !== letter.toLowerCase());
}

/** `sequence reason members` of each batch. */
function shown(batches: readonly GroupBatch<string, string>[]): string[] {
  return batches.map(({ sequence, reason, members }) => `${sequence} ${reason} ${members.join('')}`);
}

describe('GroupKernel', () => {
  it('tells the first members after the wait, and later ones an interval after that', () => {
    const kernel: Kernel = new GroupKernel(schedule);
    hear(kernel, 'ab', 0);
    hear(kernel, 'c', 29);
    expect(kernel.nextDue()).toBeLessThanOrEqual(30);
    expect(shown(kernel.advance(29))).toEqual([]);
    expect(shown(kernel.advance(30))).toEqual(['1 wait abc']);
    hear(kernel, 'd', 31);
    hear(kernel, 'e', 200);
    expect(kernel.nextDue()).toBeLessThanOrEqual(330);
    expect(shown(kernel.advance(329))).toEqual([]);
    expect(shown(kernel.advance(330))).toEqual(['2 interval de']);
  });

  it('does not put a batch off because more comes', () => {
    const kernel: Kernel = new GroupKernel(schedule);
    for (let now = 0; now < 30; now += 1) hear(kernel, 'a', now);
    expect(shown(kernel.advance(30))).toEqual(['1 wait a']);
  });

  it('tells the latest value of each member, where the member first came', () => {
    const kernel: Kernel = new GroupKernel(schedule);
    hear(kernel, 'abA', 0);
    expect(shown(kernel.advance(30))).toEqual(['1 wait Ab']);
  });

  it('keeps a timeline for each group', () => {
    const kernel: Kernel = new GroupKernel(schedule);
    hear(kernel, 'a', 0, 'x');
    hear(kernel, 'b', 10, 'y');
    expect(kernel.advance(35).map(({ key }) => key)).toEqual(['x']);
    expect(kernel.advance(40).map(({ key }) => key)).toEqual(['y']);
  });

  it('starts a group anew, with a wait, once its interval is over and it has no member', () => {
    const kernel: Kernel = new GroupKernel(schedule);
    hear(kernel, 'a', 0);
    kernel.advance(30);
    hear(kernel, 'b', 330);
    expect(shown(kernel.advance(359))).toEqual([]);
    expect(shown(kernel.advance(360))).toEqual(['2 wait b']);
    expect([kernel.advance(660), kernel.size, kernel.nextDue()]).toEqual([[], 0, Infinity]);
  });

  it('repeats what is open while nothing changes, and tells a resolved member once', () => {
    const kernel: Kernel = new GroupKernel({ ...schedule, repeatMs: 1_000 });
    hear(kernel, 'AB', 0);
    kernel.advance(30);
    expect(shown(kernel.advance(1_029))).toEqual([]);
    expect(shown(kernel.advance(1_030))).toEqual(['2 repeat AB']);
    hear(kernel, 'a', 1_100);
    expect(shown(kernel.advance(1_330))).toEqual(['3 interval aB']);
    expect(shown(kernel.advance(2_330))).toEqual(['4 repeat B']);
    expect(kernel.held).toBe(1);
  });

  it('tells a change of an open group at once when its interval is over', () => {
    const kernel: Kernel = new GroupKernel(schedule);
    hear(kernel, 'A', 0);
    kernel.advance(30);
    hear(kernel, 'B', 5_000);
    expect([kernel.nextDue(), shown(kernel.advance(5_000))]).toEqual([5_000, ['2 interval AB']]);
  });

  it('has a batch ready at once with an urgent value, from which the interval counts', () => {
    const kernel: Kernel = new GroupKernel(schedule);
    hear(kernel, 'a', 0);
    kernel.process('g', 'u', 'u', 10, false, true);
    expect([kernel.nextDue(), shown(kernel.advance(10))]).toEqual([10, ['1 urgent au']]);
    hear(kernel, 'b', 11);
    expect(shown(kernel.advance(310))).toEqual(['2 interval b']);
  });

  it('tells what changed first when there is no place for all, and names what it leaves out', () => {
    const dropped: unknown[] = [];
    const kernel: Kernel = new GroupKernel({ ...schedule, maxMembers: 2, onDrop: (value) => dropped.push(value) });
    hear(kernel, 'ABC', 0);
    expect(kernel.advance(30)).toMatchObject([{ members: ['A', 'B'], more: 1 }]);
    expect(dropped).toEqual([{ kind: 'omitted', key: 'g', value: 'C', sequence: 1 }]);
    hear(kernel, 'C', 40);
    expect(kernel.advance(330)).toMatchObject([{ members: ['A', 'C'], more: 1 }]);
    expect(dropped).toHaveLength(1);
  });

  it('names values that were replaced before they were told', () => {
    const dropped: unknown[] = [];
    const kernel: Kernel = new GroupKernel({ ...schedule, onDrop: (value) => dropped.push(value) });
    hear(kernel, 'aA', 0);
    kernel.advance(30);
    hear(kernel, 'a', 40);
    expect(dropped).toEqual([{ kind: 'replaced', key: 'g', value: 'a' }]);
  });

  it('tells and forgets a group that hears nothing for too long', () => {
    const kernel: Kernel = new GroupKernel({ ...schedule, repeatMs: 1_000, idleMs: 1_500 });
    hear(kernel, 'A', 0);
    kernel.advance(30);
    expect(shown(kernel.advance(1_030))).toEqual(['2 repeat A']);
    expect(shown(kernel.advance(1_500))).toEqual(['3 idle A']);
    expect([kernel.size, kernel.held, kernel.nextDue()]).toEqual([0, 0, Infinity]);
  });

  it('F7 tells and forgets the group that heard nothing for longest, for another group or member', () => {
    const kernel: Kernel = new GroupKernel({ ...schedule, maxKeys: 2, maxHeld: 3 });
    hear(kernel, 'ab', 0, 'x');
    hear(kernel, 'c', 1, 'y');
    hear(kernel, 'd', 2, 'y');
    expect(kernel.advance(2)).toMatchObject([{ key: 'x', reason: 'evicted', members: ['a', 'b'] }]);
    hear(kernel, 'e', 3, 'z');
    hear(kernel, 'f', 4, 'w');
    expect(kernel.advance(4)).toMatchObject([{ key: 'y', reason: 'evicted', members: ['c', 'd'] }]);
    expect([kernel.size, kernel.held]).toEqual([2, 2]);
  });

  it('F7 a group that holds all there may be gives way to its own next member', () => {
    const kernel: Kernel = new GroupKernel({ ...schedule, maxHeld: 2 });
    hear(kernel, 'abc', 0);
    expect(shown(kernel.advance(0))).toEqual(['1 evicted ab']);
    expect(shown(kernel.advance(30))).toEqual(['2 wait c']);
  });

  it('F7 rejects or throws beyond maxKeys and maxHeld, when told so; members that are held go on', () => {
    const limits = { ...schedule, maxKeys: 1, maxHeld: 1 };
    const rejecting: Kernel = new GroupKernel({ ...limits, overflow: 'reject' });
    hear(rejecting, 'a', 0);
    expect(rejecting.process('g', 'b', 'b', 0)).toBe('max_held');
    expect(rejecting.process('g', 'a', 'A', 0)).toBe('held');
    rejecting.advance(30);
    expect(rejecting.process('other', 'b', 'b', 31)).toBe('max_keys');
    const strict: Kernel = new GroupKernel({ ...limits, overflow: 'error' });
    hear(strict, 'a', 0);
    expect(() => hear(strict, 'b', 0)).toThrow('group: more than 1 members (maxHeld)');
    strict.advance(30);
    expect(() => hear(strict, 'b', 31, 'other')).toThrow('group: more than 1 groups (maxKeys)');
  });

  it('waits for longer than a host timer can', () => {
    const month = 30 * 86_400_000;
    const kernel: Kernel = new GroupKernel({ waitMs: month, intervalMs: 0 });
    hear(kernel, 'a', 0);
    expect(kernel.advance(month - 1)).toEqual([]);
    expect(shown(kernel.advance(month))).toEqual(['1 wait a']);
  });

  it('spreads groups that are due at once over calls, in the order in which they came', () => {
    const kernel = new GroupKernel<number, number, number>({ ...schedule, maxKeys: 200_000, maxHeld: 200_000 });
    for (let group = 0; group < 200_000; group += 1) kernel.process(group, 0, group, 0);
    const told: number[] = [];
    while (kernel.nextDue() <= 30) {
      const batches = kernel.advance(30);
      expect(batches.length).toBeLessThanOrEqual(500);
      for (const { key } of batches) told.push(key);
    }
    expect(told).toHaveLength(200_000);
    expect(told.every((group, index) => group === index)).toBe(true);
  });

  it.each([Number.NaN, Infinity])('refuses %s as the time', (now) => {
    const kernel: Kernel = new GroupKernel(schedule);
    expect(() => hear(kernel, 'a', now)).toThrow(RangeError);
    expect(() => kernel.advance(now)).toThrow(RangeError);
  });

  it('refuses a state of another version, or of more groups than it may hold', () => {
    const kernel: Kernel = new GroupKernel(schedule);
    hear(kernel, 'a', 0, 'x');
    hear(kernel, 'a', 0, 'y');
    const saved = kernel.snapshot();
    expect(() => new GroupKernel(schedule, { ...saved, version: 2 as never })).toThrow('version 2');
    expect(() => new GroupKernel({ ...schedule, maxKeys: 1 }, saved)).toThrow('more than 1 groups');
  });

  it('does what looking at every group every time does, on any trace, also when restored in the middle', () => {
    const options = fc
      .record({
        waitMs: fc.nat(10),
        intervalMs: fc.nat(20),
        repeat: fc.option(fc.integer({ min: 1, max: 20 }), { nil: undefined }),
        idle: fc.nat(40),
        maxMembers: fc.integer({ min: 1, max: 4 }),
        maxKeys: fc.integer({ min: 1, max: 4 }),
        maxHeld: fc.integer({ min: 1, max: 8 }),
        overflow: fc.constantFrom('evict' as const, 'reject' as const),
      })
      .map(({ repeat, idle, ...others }) => {
        const repeatMs = repeat === undefined ? undefined : others.intervalMs + repeat;
        return { ...others, repeatMs, idleMs: Math.max(1, others.waitMs, others.intervalMs, repeatMs ?? 0) + idle };
      });
    const step = fc.record({
      after: fc.integer({ min: -3, max: 15 }),
      group: fc.option(fc.constantFrom(...'xyzvw'), { nil: undefined, freq: 8 }),
      member: fc.constantFrom(...'abcd'),
      open: fc.boolean(),
      urgent: fc.oneof({ weight: 6, arbitrary: fc.constant(false) }, { weight: 1, arbitrary: fc.constant(true) }),
      restore: fc.boolean(),
    });
    fc.assert(
      fc.property(options, fc.array(step, { maxLength: 80, size: 'max' }), (given: NaiveGroupOptions, steps) => {
        const dropped: string[] = [];
        const onDrop = ({ kind, value }: GroupReplaced<string, string> | GroupOmitted<string, string>) =>
          dropped.push(`${kind} ${value}`);
        const naive = new NaiveGroup(given);
        let kernel: Kernel = new GroupKernel({ ...given, onDrop });
        let sequence = 0;
        let now = 0;
        const plain = (batches: readonly GroupBatch<string, string>[]) => {
          for (const batch of batches) expect(batch.sequence).toBe(++sequence);
          return batches.map(({ key, reason, members, more }) => `${key} ${reason} ${members} +${more}`).sort();
        };
        for (const [index, { after, group, member, open, urgent, restore }] of steps.entries()) {
          now = Math.max(0, now + after);
          expect(plain(kernel.advance(now))).toEqual(naive.advance(now));
          if (group !== undefined) {
            const value = `${member}${index}`;
            const verdict = kernel.process(group, member, value, now, open, urgent);
            expect(verdict).toBe(naive.process(group, member, value, now, open, urgent));
          }
          if (restore) kernel = restored(kernel, { ...given, onDrop });
          expect(plain(kernel.advance(now))).toEqual(naive.advance(now));
          expect([kernel.size, kernel.held]).toEqual([naive.size, naive.held]);
        }
        expect(plain(kernel.flush(now))).toEqual(naive.complete());
        expect(dropped.sort()).toEqual(naive.dropped.sort());
      }),
      { numRuns: propertyRuns() },
    );
  });
});
