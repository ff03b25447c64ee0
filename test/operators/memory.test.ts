import { identity, type MonoTypeOperatorFunction, type SchedulerLike, Subject, VirtualTimeScheduler } from 'rxjs';
import { beforeAll, describe, expect, it } from 'vitest';
import { admit } from '../../src/operators/admit.js';
import { dedupe } from '../../src/operators/dedupe.js';
import { rateLimit } from '../../src/operators/rate-limit.js';
import { bytesInUse } from '../support/heap.js';

const keys = 50_000;
const windows = [{ max: 5, perMs: 1_000 }];
const slack = 512 * 1024;

const operators: Readonly<Record<string, (scheduler: SchedulerLike) => MonoTypeOperatorFunction<string>>> = {
  'rateLimit, exact': (scheduler) => rateLimit(identity, { windows, cooldownMs: 100, scheduler }),
  'rateLimit, gcra': (scheduler) => rateLimit(identity, { windows, algorithm: 'gcra', scheduler }),
  dedupe: (scheduler) => dedupe(identity, { windowMs: 1_000, scheduler }),
  'dedupe, by event time': (scheduler) =>
    dedupe(identity, { windowMs: 1_000, timestamp: () => scheduler.now(), scheduler }),
  admit: (scheduler) =>
    admit({ rateLimit: { key: identity, windows }, dedupe: { key: identity, windowMs: 500 }, scheduler }),
};

function flood(source$: Subject<string>): void {
  for (let key = 0; key < keys; key += 1) source$.next(`key ${key}`);
}

describe.each(Object.entries(operators))('the memory of %s', (_, create) => {
  // What the first run compiles stays, and is not what is measured.
  beforeAll(() => {
    const source$ = new Subject<string>();
    const subscription = source$.pipe(create(new VirtualTimeScheduler())).subscribe();
    flood(source$);
    subscription.unsubscribe();
  });

  it('returns to its base when all keys have expired, without another value', () => {
    const scheduler = new VirtualTimeScheduler();
    const source$ = new Subject<string>();
    source$.pipe(create(scheduler)).subscribe();
    const base = bytesInUse();
    flood(source$);
    expect(bytesInUse() - base).toBeGreaterThan(40 * keys);
    scheduler.flush();
    expect(bytesInUse() - base).toBeLessThan(slack);
    expect(source$.observed).toBe(true);
  });

  it('returns to its base when it is unsubscribed', () => {
    const scheduler = new VirtualTimeScheduler();
    const source$ = new Subject<string>();
    const base = bytesInUse();
    const subscription = source$.pipe(create(scheduler)).subscribe();
    flood(source$);
    expect(bytesInUse() - base).toBeGreaterThan(40 * keys);
    subscription.unsubscribe();
    expect(bytesInUse() - base).toBeLessThan(slack);
    expect(subscription.closed).toBe(true);
  });
});
