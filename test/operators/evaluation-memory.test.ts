import { type OperatorFunction, type SchedulerLike, Subject, VirtualTimeScheduler } from 'rxjs';
import { beforeAll, describe, expect, it } from 'vitest';
import { escalate } from '../../src/operators/escalate.js';
import { threshold } from '../../src/operators/threshold.js';
import { bytesInUse } from '../support/heap.js';

interface Reading {
  readonly key: number;
  readonly value: number;
}

const keys = 50_000;
const slack = 512 * 1024;
const rules = [{ id: 'hot', metric: 'cpu', when: { op: '>', value: 5 }, cooldownMs: 1_000 }] as const;
const readers = { metric: () => 'cpu', source: () => '', value: (reading: Reading) => reading.value };
const ladder = { steps: [{ afterMs: 1_000 }], max: 3 };

/** Rests after each value, and remembers the last ones. */
const lookingBack = [
  { ...rules[0], nOf: [2, 3], flap: { window: 33 }, window: { fn: 'count', overMs: 10 } },
  { ...rules[0], id: 'missing', noData: 'resolve', staleAfterMs: 500 },
] as const;

const operators: Readonly<Record<string, (scheduler: SchedulerLike) => OperatorFunction<Reading, unknown>>> = {
  threshold: (scheduler) => threshold(({ key }: Reading) => key, { ...readers, rules, idleMs: 2_000, scheduler }),
  'threshold that looks back': (scheduler) =>
    threshold(({ key }: Reading) => key, { ...readers, rules: lookingBack, idleMs: 2_000, scheduler }),
  escalate: (scheduler) => escalate(({ key }: Reading) => key, { ladder: () => ladder, scheduler }),
};

/** Every series fires and resolves, and cools down after that. */
function flood(source$: Subject<Reading>): void {
  for (const value of [9, 1]) for (let key = 0; key < keys; key += 1) source$.next({ key, value });
}

describe.each(Object.entries(operators))('the memory of %s', (_, create) => {
  // What the first run compiles stays, and is not what is measured.
  beforeAll(() => {
    const source$ = new Subject<Reading>();
    const subscription = source$.pipe(create(new VirtualTimeScheduler())).subscribe();
    flood(source$);
    subscription.unsubscribe();
  });

  it('returns to its base when everything has ended, without another value', () => {
    const scheduler = new VirtualTimeScheduler();
    const source$ = new Subject<Reading>();
    source$.pipe(create(scheduler)).subscribe();
    const base = bytesInUse();
    flood(source$);
    expect(bytesInUse() - base).toBeGreaterThan(60 * keys);
    scheduler.maxFrames = Infinity;
    scheduler.flush();
    expect(bytesInUse() - base).toBeLessThan(slack);
    expect(source$.observed).toBe(true);
  });

  it('returns to its base when it is unsubscribed', () => {
    const scheduler = new VirtualTimeScheduler();
    const source$ = new Subject<Reading>();
    const base = bytesInUse();
    const subscription = source$.pipe(create(scheduler)).subscribe();
    flood(source$);
    expect(bytesInUse() - base).toBeGreaterThan(60 * keys);
    subscription.unsubscribe();
    expect(bytesInUse() - base).toBeLessThan(slack);
    expect(subscription.closed).toBe(true);
  });
});
