import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AdmissionKernel, type AdmissionKernelOptions } from '../../src/operators/admit-kernel.js';
import { propertyRuns } from '../support/property.js';
import { NaiveAdmit } from './naive-admit.js';

const options: AdmissionKernelOptions<string, string> = {
  rateLimit: { windows: [{ max: 2, perMs: 100 }], cooldownMs: 50 },
  dedupe: { windowMs: 300 },
};

function kernelOf(more: Partial<AdmissionKernelOptions<string, string>> = {}) {
  return new AdmissionKernel<string, string>({ ...options, ...more });
}

describe('AdmissionKernel', () => {
  it('P14 a duplicate uses up no rate', () => {
    const kernel = kernelOf();
    kernel.process('risk', 'a', 0);
    for (let n = 0; n < 9; n += 1) expect(kernel.process('risk', 'a', 1).reason).toBe('duplicate');
    expect(kernel.process('risk', 'b', 2).admitted).toBe(true);
  });

  it('P14 the rate limit is asked first, and what is limited is not remembered as seen', () => {
    const kernel = kernelOf();
    kernel.process('risk', 'a', 0);
    kernel.process('risk', 'b', 0);
    expect(kernel.process('risk', 'c', 1).reason).toBe('window');
    expect(kernel.process('trade', 'c', 2).admitted).toBe(true);
  });

  it('P14 a duplicate does not trip a key that is full, and is not counted as held back', () => {
    const kernel = kernelOf();
    kernel.process('risk', 'a', 0);
    kernel.process('risk', 'b', 0);
    expect(kernel.process('risk', 'a', 1)).toMatchObject({ reason: 'window', duplicate: true });
    expect(kernel.process('risk', 'c', 100).admitted).toBe(true);
    expect(kernel.flush(100)).not.toContainEqual(expect.objectContaining({ kind: 'reopened' }));
  });

  it('P12 the first refusal that is no duplicate trips the key, and the summary counts those alone', () => {
    const kernel = kernelOf();
    for (const key of ['a', 'b', 'c', 'a', 'd']) kernel.process('risk', key, 0);
    expect(kernel.peek('risk', 'e', 99)).toMatchObject({ admitted: false, retryAt: 100 });
    const summary = { kind: 'reopened', key: 'risk', heldBack: 2, trippedAt: 0, at: 100, reason: 'room' };
    expect(kernel.advance(100)).toContainEqual(summary);
  });

  it('P12 names the end of the cooldown to the very value that trips a key', () => {
    const kernel = new AdmissionKernel<string, string>({
      rateLimit: { windows: [{ max: 1, perMs: 10 }], cooldownMs: 50 },
    });
    kernel.process('risk', undefined, 0);
    expect(kernel.process('risk', undefined, 5)).toMatchObject({ reason: 'window', retryAt: 55 });
  });

  it('does not ask for duplicates without a dedupe key, or without dedupe', () => {
    const kernel = kernelOf();
    for (const at of [0, 1]) expect(kernel.process('risk', undefined, at).admitted).toBe(true);
    const limitOnly = new AdmissionKernel<string, string>({ rateLimit: options.rateLimit });
    for (const at of [0, 1]) expect(limitOnly.process('risk', 'a', at).admitted).toBe(true);
    expect(limitOnly.process('risk', 'a', 2).reason).toBe('window');
  });

  it('takes both commits back when what was decided could not be done', () => {
    const kernel = kernelOf({ rateLimit: { windows: [{ max: 1, perMs: 100 }] } });
    kernel.release(kernel.commit('risk', 'a', 0));
    expect(kernel.process('risk', 'a', 1).admitted).toBe(true);
  });

  it('takes a refusal back: the key does not stay tripped, the copy is not counted', () => {
    const kernel = kernelOf({ rateLimit: { windows: [{ max: 1, perMs: 10 }], cooldownMs: 1_000 } });
    kernel.commit('risk', 'a', 0);
    kernel.release(kernel.refuse('risk', 'b', 1));
    kernel.release(kernel.refuse('risk', 'a', 10));
    expect(kernel.peek('risk', 'a', 10)).toMatchObject({ reason: 'duplicate', count: 2 });
    expect(kernel.peek('risk', 'b', 10).admitted).toBe(true);
  });

  it('replays what was decided before a restart', () => {
    const kernel = kernelOf();
    kernel.replay('admitted', 'risk', 'a', 0);
    kernel.replay('admitted', 'risk', 'b', 10);
    kernel.replay('duplicate', 'risk', 'a', 20);
    kernel.replay('limited', 'risk', 'c', 30);
    expect(kernel.peek('risk', 'a', 40)).toMatchObject({ reason: 'cooldown', duplicate: true, count: 3, retryAt: 100 });
    expect(kernel.advance(100)).toMatchObject([{ kind: 'reopened', heldBack: 1, trippedAt: 30 }]);
    expect(kernel.peek('risk', 'a', 101)).toMatchObject({ reason: 'duplicate', firstAt: 0 });
  });

  it('forgets a dedupe key when told', () => {
    const kernel = kernelOf();
    kernel.process('risk', 'a', 0);
    kernel.forget('a');
    expect(kernel.process('risk', 'a', 1).admitted).toBe(true);
  });

  it('says which of its tables is full', () => {
    const rejecting = { maxKeys: 1, overflow: 'reject' } as const;
    const kernel = new AdmissionKernel<string, string>({
      rateLimit: { windows: [{ max: 9, perMs: 100 }], ...rejecting },
      dedupe: { windowMs: 300, ...rejecting },
    });
    kernel.process('risk', 'a', 0);
    expect(kernel.process('trade', 'a', 1).reason).toBe('max_rate_keys');
    expect(kernel.process('risk', 'b', 1).reason).toBe('max_dedupe_keys');
    expect(kernel.rateLimit.snapshot().keys[0]?.[2]).toEqual([0]);
  });

  it('goes on from a snapshot', () => {
    const kernel = kernelOf();
    for (const key of ['a', 'b', 'c']) kernel.process('risk', key, 0);
    const saved = JSON.parse(JSON.stringify(kernel.snapshot()));
    const other = new AdmissionKernel<string, string>(options, saved);
    expect(other.snapshot()).toEqual(kernel.snapshot());
    expect(other.peek('risk', 'b', 1)).toEqual(kernel.peek('risk', 'b', 1));
    expect(other.advance(100)).toEqual(kernel.advance(100));
  });

  it('refuses a snapshot of another version', () => {
    const saved = { ...kernelOf().snapshot(), version: 2 };
    expect(() => new AdmissionKernel(options, saved as never)).toThrow(/version 2/);
  });
});

const step = fc.record({
  rateKey: fc.constantFrom('risk', 'risk', 'trade'),
  dedupeKey: fc.constantFrom('a', 'a', 'b', undefined),
  after: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 8 }), fc.integer({ min: -10, max: 40 })),
  what: fc.constantFrom('process', 'process', 'process', 'in two steps', 'restore', 'advance'),
});

const plan = fc.record({
  max: fc.integer({ min: 1, max: 4 }),
  perMs: fc.integer({ min: 1, max: 100 }),
  cooldownMs: fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 80 })),
  windowMs: fc.integer({ min: 1, max: 80 }),
  steps: fc.array(step, { maxLength: 120, size: 'max' }),
});

/** As the caller decides who writes first and commits then. */
function inTwoSteps(
  kernel: AdmissionKernel<string, string>,
  rateKey: string,
  dedupeKey: string | undefined,
  at: number,
) {
  const { admitted, reason } = kernel.peek(rateKey, dedupeKey, at);
  if (admitted) kernel.release(kernel.commit(rateKey, dedupeKey, at));
  else kernel.release(kernel.refuse(rateKey, dedupeKey, at));
  if (admitted) kernel.commit(rateKey, dedupeKey, at);
  else kernel.refuse(rateKey, dedupeKey, at);
  return reason;
}

const outcomes: Readonly<Record<string, string>> = { window: 'limited', cooldown: 'limited' };

describe('on random traces, AdmissionKernel', () => {
  it('P11 P12 P13 P14 decides as lists of all times would, over snapshots, restores and releases', () => {
    fc.assert(
      fc.property(plan, ({ max, perMs, cooldownMs, windowMs, steps }) => {
        const windows = [{ max, perMs }];
        const options = { rateLimit: { windows, cooldownMs }, dedupe: { windowMs } };
        const naive = new NaiveAdmit({
          rateLimit: [windows, cooldownMs],
          dedupe: { windowMs, from: 'first', maxAgeMs: Infinity },
        });
        let kernel = new AdmissionKernel<string, string>(options);
        let clock = 1_000_000;
        let now = 0;
        const said: unknown[] = [];
        const expected: unknown[] = [];
        for (const { rateKey, dedupeKey, after, what } of steps) {
          clock += after;
          now = Math.max(now, clock);
          const notices = kernel.advance(clock).filter(({ kind }) => kind === 'reopened');
          said.push(
            notices
              .map((notice) => 'heldBack' in notice && `${notice.key} ${notice.heldBack} ${notice.trippedAt}`)
              .sort(),
          );
          expected.push(naive.rateLimit.reopened(now));
          if (what === 'advance') continue;
          if (what === 'restore') kernel = new AdmissionKernel(options, JSON.parse(JSON.stringify(kernel.snapshot())));
          const decide =
            what === 'in two steps'
              ? inTwoSteps(kernel, rateKey, dedupeKey, clock)
              : kernel.process(rateKey, dedupeKey, clock).reason;
          said.push(outcomes[decide] ?? decide);
          expected.push(naive.process(rateKey, dedupeKey, now));
        }
        expect(said).toEqual(expected);
      }),
      { numRuns: propertyRuns() },
    );
  });
});
