import { describe, expect, it } from 'vitest';
import type { EventTimeLimits } from '../../src/operators/event-time.js';
import type { ThresholdKernelOptions } from '../../src/operators/threshold.js';
import { drain, feed, hot, kernelOf, type Sample } from './threshold-support.js';

/** Far from the times of the values, as in a replay. */
const clock = 1_700_000_000_000;

function timed(limits: EventTimeLimits = {}, options: Partial<ThresholdKernelOptions<Sample, string>> = {}) {
  const rejected: string[] = [];
  const kernel = kernelOf([hot, { ...hot, id: 'slow', forMs: 30 }], {
    eventTime: { idleTimeoutMs: Infinity, ...limits },
    onNotice: (notice) => notice.kind === 'rejected' && rejected.push(`${notice.value.value} ${notice.reason}`),
    ...options,
  });
  return {
    kernel,
    rejected,
    at: (time: number, value: number, key = 'a') => feed(kernel, clock, value, { key }, time),
  };
}

describe('a threshold by the times of the values', () => {
  it('lets waits end when event time has come so far, whatever the clock says', () => {
    const { kernel, at } = timed();
    expect(at(100, 90)).toEqual(['hot firing a @100 crossed']);
    expect(drain(kernel, clock + 1_000_000)).toEqual([]);
    expect(at(129, 0, 'b')).toEqual([]);
    expect(at(130, 90, 'b')).toEqual(['slow firing a @130 held', 'hot firing b @130 crossed']);
  });

  it('lets a deadline pass for the series of a value at once, and for others when no value can still come before it', () => {
    const { at } = timed({ latenessMs: 10 });
    at(100, 90);
    at(100, 90, 'b');
    expect(at(135, 0, 'b')).toEqual([
      'slow firing b @130 held',
      'hot resolved b @135 cleared',
      'slow resolved b @135 cleared',
    ]);
    expect(at(128, 0)).toEqual(['hot resolved a @128 cleared']);
    expect(at(200, 0, 'b')).toEqual([]);
  });

  it('goes on with the clock when no values come', () => {
    const { kernel, at } = timed({ idleTimeoutMs: 1_000 });
    at(100, 90);
    expect(kernel.nextDue()).toBe(clock + 1_000);
    expect(drain(kernel, clock + 1_000)).toEqual(['slow firing a @130 held']);
  });

  it('evaluates values of one time in order, and rejects what is older than the last of its series, or too late', () => {
    const { at, rejected } = timed({ latenessMs: 10 });
    at(50, 90);
    expect(at(50, 10)).toEqual(['hot resolved a @50 cleared']);
    at(49, 81);
    at(41, 82, 'b');
    at(39, 83, 'c');
    expect(rejected).toEqual(['81 late', '83 late']);
  });

  it('counts late values as new ones when told so', () => {
    const { at, rejected } = timed({}, { onLate: 'arrival' });
    at(50, 10);
    at(60, 10, 'b');
    expect(at(20, 90)).toEqual(['hot firing a @60 crossed']);
    expect(rejected).toEqual([]);
  });

  it('rejects what is ahead of the clock or has no time, and time does not move by it', () => {
    const { at, rejected } = timed({ maxFutureMs: 1_000 });
    at(100, 90);
    for (const time of [clock + 1_001, Number.NaN, Infinity]) expect(at(time, 10)).toEqual([]);
    expect(rejected).toEqual(['10 future', '10 not_a_time', '10 not_a_time']);
    expect(at(110, 90)).toEqual([]);
  });

  it('does not let time move by what is no number', () => {
    const { at, rejected } = timed();
    at(100, 90);
    expect(at(900, Number.NaN)).toEqual([]);
    expect(rejected).toEqual(['NaN not_finite']);
    expect(at(110, 10)).toEqual(['hot resolved a @110 cleared']);
  });

  it('ends what new rules end at the time of the values, and goes on from a snapshot', () => {
    const { kernel, at } = timed();
    at(100, 90);
    const { kernel: next } = timed();
    next.restore(JSON.parse(JSON.stringify(kernel.snapshot())) as ReturnType<typeof kernel.snapshot>, clock + 5);
    expect(feed(next, clock + 6, 0, { key: 'b' }, 140)).toEqual(['slow firing a @130 held']);
    expect(next.setRules([hot], clock + 7)).toMatchObject([{ ruleId: 'slow', at: 140, reason: 'rule_removed' }]);
  });

  it('ends nothing before the value that began it', () => {
    const { kernel, at } = timed({ latenessMs: 50 });
    at(100, 90);
    expect(kernel.setRules([], clock)).toMatchObject([{ kind: 'resolved', at: 100 }]);
  });

  it('knows no time before the first value but the clock', () => {
    const { kernel } = timed();
    const entry = { metric: 'cpu', source: '', labels: {}, since: 5, value: 90, ruleId: 'gone', key: 'a' };
    const gone = kernel.restore({ version: 2, entries: [{ ...entry, phase: 'firing' }] }, clock);
    expect(gone).toMatchObject([{ kind: 'resolved', at: clock }]);
    expect(kernel.nextDue()).toBe(Infinity);
  });
});
