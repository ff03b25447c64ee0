import fc from 'fast-check';
import { identity, of, Subject, VirtualTimeScheduler } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { type RateLimitOptions, type RateLimitSide, rateLimit } from '../../src/operators/rate-limit.js';
import type { RateLimitSnapshot } from '../../src/operators/rate-limit-options.js';
import { StateHandle } from '../../src/operators/state-handle.js';
import { expectDiagram } from '../support/marbles.js';
import { propertyRuns } from '../support/property.js';

type Options = RateLimitOptions<string | number, string>;

const all = () => 'all';

/** A rate limit in virtual time: what passed, what `side` said, and the means to feed it. */
function limited(options: Omit<Options, 'scheduler' | 'side'>) {
  const scheduler = new VirtualTimeScheduler();
  const notices: RateLimitSide<string | number, string>[] = [];
  const passed: (string | number)[] = [];
  const ends: unknown[] = [];
  const source$ = new Subject<string | number>();
  const side = { next: (notice: RateLimitSide<string | number, string>) => void notices.push(notice) };
  const subscription = source$.pipe(rateLimit(String, { ...options, scheduler, side })).subscribe({
    next: (value) => passed.push(value),
    error: (error: unknown) => ends.push(error),
    complete: () => ends.push('complete'),
  });
  const at = (time: number, ...values: (string | number)[]) => {
    scheduler.maxFrames = time;
    scheduler.schedule(() => undefined, time - scheduler.frame);
    scheduler.flush();
    for (const value of values) source$.next(value);
  };
  return { at, notices, passed, ends, source$, subscription };
}

describe('rateLimit', () => {
  it('P11 passes as many as fit into a sliding window', () => {
    expectDiagram(rateLimit(all, { windows: [{ max: 2, perMs: 5 }] }), {
      source: '    a-a-a-a-a-a-|',
      output: '    a-a---a-a---|',
      subscribed: '^-----------!',
    });
  });

  it('P11 keeps a window for each key', () => {
    expectDiagram(rateLimit(identity<string>, { windows: [{ max: 1, perMs: 5 }] }), {
      source: 'ababcab-|',
      output: 'ab--cab-|',
    });
  });

  it('P11 keeps to 10 a minute and 100 an hour at once', () => {
    const windows = [
      { max: 10, perMs: 60_000 },
      { max: 100, perMs: 3_600_000 },
    ];
    const { at, passed, notices } = limited({ windows });
    for (let minute = 0; minute < 12; minute += 1) at(minute * 60_000, ...Array(12).fill('risk'));
    expect(passed).toHaveLength(100);
    expect(notices).toHaveLength(12 * 12 - 100);
    expect(notices.at(-1)).toMatchObject({ kind: 'limited', reason: 'window', retryAt: 3_600_000 });
  });

  it('P12 stays limited for the cooldown, then emits one summary of what was held back', () => {
    const summary = ({ heldBack }: { heldBack: number }) => heldBack;
    expectDiagram(
      rateLimit<string | number, string>(all, { windows: [{ max: 1, perMs: 3 }], cooldownMs: 5, summary }),
      {
        source: 'a-a-a-------a-|',
        output: 'a------2----a-|',
      },
    );
  });

  it('P12 tells the side output of each trip once, without another value', () => {
    const { at, notices } = limited({ windows: [{ max: 1, perMs: 10 }], cooldownMs: 100 });
    at(0, 'a', 'a', 'b');
    at(50, 'a');
    at(1_000);
    const reopened = { kind: 'reopened', key: 'a', heldBack: 2, trippedAt: 0, at: 100, reason: 'room' };
    expect(notices.filter(({ kind }) => kind === 'reopened')).toEqual([reopened]);
  });

  it('P12 puts the summary ahead of the first value that passes again', () => {
    const windows = [{ max: 1, perMs: 10 }];
    const { at, passed } = limited({ windows, cooldownMs: 100, summary: ({ heldBack }) => heldBack });
    at(0, 'a', 'a');
    at(99);
    at(100, 'a');
    expect(passed).toEqual(['a', 1, 'a']);
  });

  it('P12 reports what is still held back when the source completes, and only then completes', () => {
    const windows = [{ max: 1, perMs: 10 }];
    const { at, source$, passed, ends, notices } = limited({
      windows,
      cooldownMs: 100,
      summary: ({ heldBack }) => heldBack,
    });
    at(0, 'a', 'a', 'a');
    source$.complete();
    expect(passed).toEqual(['a', 2]);
    expect(notices.at(-1)).toMatchObject({ kind: 'reopened', reason: 'complete' });
    expect(ends).toEqual(['complete']);
  });

  it('reports nothing when the source errors', () => {
    const error = new Error('of the source');
    const { at, source$, notices, ends } = limited({ windows: [{ max: 1, perMs: 10 }], cooldownMs: 100 });
    at(0, 'a', 'a');
    source$.error(error);
    expect(notices.map(({ kind }) => kind)).toEqual(['limited']);
    expect(ends).toEqual([error]);
  });

  it('passes bursts and then a steady rate with gcra', () => {
    expectDiagram(rateLimit(all, { windows: [{ max: 2, perMs: 6 }], algorithm: 'gcra' }), {
      source: 'aaaaaaaaaaaa|',
      output: 'aa-a--a--a--|',
    });
  });

  it('errors the stream when a summary throws, or skips it when told so', () => {
    const windows = [{ max: 1, perMs: 10 }];
    const error = new Error('of the summary');
    const summary = () => {
      throw error;
    };
    const strict = limited({ windows, cooldownMs: 20, summary });
    strict.at(0, 'a', 'a');
    strict.at(30, 'a');
    expect(strict.ends).toEqual([error]);
    const lenient = limited({ windows, cooldownMs: 20, summary, onError: 'skip' });
    lenient.at(0, 'a', 'a');
    lenient.at(30, 'a');
    expect(lenient.notices.at(-1)).toEqual({ kind: 'failed', value: undefined, error });
    expect(lenient.passed).toEqual(['a', 'a']);
  });

  it('errors the stream when the side output throws, also when callbacks may', () => {
    const error = new Error('of the side output');
    const side = {
      next: () => {
        throw error;
      },
    };
    const ends: unknown[] = [];
    const windows = [{ max: 1, perMs: 10 }];
    of(1, 1)
      .pipe(rateLimit(all, { windows, side, onError: 'skip' }))
      .subscribe({ error: (reason: unknown) => ends.push(reason) });
    expect(ends).toEqual([error]);
  });

  it('F7 a flood of new keys is bounded, and every key that it pushes out is named', () => {
    const { at, notices } = limited({ windows: [{ max: 1, perMs: 60_000 }], maxKeys: 100 });
    at(0, ...Array.from({ length: 1_000 }, (_, n) => `key ${n}`));
    expect(notices.filter(({ kind }) => kind === 'evicted')).toHaveLength(900);
  });

  it('F7 rejects or errors beyond maxKeys, when told so', () => {
    const windows = [{ max: 1, perMs: 60_000 }];
    const rejecting = limited({ windows, maxKeys: 1, overflow: 'reject' });
    rejecting.at(0, 'a', 'b');
    expect(rejecting.notices).toEqual([{ kind: 'rejected', key: 'b', value: 'b', reason: 'max_keys' }]);
    const strict = limited({ windows, maxKeys: 1, overflow: 'error' });
    strict.at(0, 'a', 'b');
    expect(strict.ends).toEqual([expect.objectContaining({ name: 'RangeError' })]);
  });

  it('goes on from the state of an earlier subscription', () => {
    const options = { windows: [{ max: 2, perMs: 100 }], cooldownMs: 50 };
    const handle = new StateHandle<RateLimitSnapshot<string>>();
    const first = limited({ ...options, state: handle });
    first.at(10, 'a', 'a', 'a');
    const saved: RateLimitSnapshot<string> = JSON.parse(JSON.stringify(handle.snapshot()));
    first.subscription.unsubscribe();
    const second = limited({ ...options, state: new StateHandle(saved) });
    second.at(109, 'a');
    expect(second.notices).toMatchObject([{ kind: 'limited', retryAt: 110 }]);
    second.at(110);
    expect(second.notices.at(-1)).toMatchObject({ kind: 'reopened', heldBack: 2, trippedAt: 10 });
  });

  it('loses nothing: every value passes or goes to the side output with its reason', () => {
    const limits = fc.record({ max: fc.integer({ min: 1, max: 4 }), perMs: fc.integer({ min: 1, max: 60 }) });
    const item = fc.tuple(fc.integer({ min: 0, max: 9 }), fc.constantFrom('a', 'b', 'c', 'bad'));
    const overflow = fc.constantFrom('evict' as const, 'reject' as const);
    const trace = fc.array(item, { maxLength: 100, size: 'max' });
    fc.assert(
      fc.property(
        limits,
        fc.nat(40),
        fc.integer({ min: 1, max: 3 }),
        overflow,
        trace,
        (window, cooldownMs, maxKeys, policy, items) => {
          const options = { windows: [window], cooldownMs, maxKeys, overflow: policy };
          const { at, source$, passed, notices } = limited(options);
          let now = 0;
          for (const [after, key] of items) {
            now += after;
            at(now, key);
          }
          source$.complete();
          const heldBack = notices.reduce((sum, notice) => sum + ('heldBack' in notice ? notice.heldBack : 0), 0);
          const count = (kind: string) => notices.filter((notice) => notice.kind === kind).length;
          expect(passed.length + count('limited') + count('rejected')).toBe(items.length);
          if (cooldownMs > 0) expect(heldBack).toBe(count('limited'));
        },
      ),
      { numRuns: propertyRuns() },
    );
  });
});

describe('rateLimit refuses when it is created', () => {
  const windows = [{ max: 1, perMs: 10 }];
  it.each<[string, unknown, string]>([
    ['no windows', { windows: [] }, 'rateLimit.windows must not be empty'],
    ['windows that are no list', { windows: 10 }, 'rateLimit.windows must be an array, received 10'],
    [
      'a max of 0',
      { windows: [{ max: 0, perMs: 10 }] },
      'rateLimit.windows[0].max must be an integer from 1 to 10000, received 0',
    ],
    [
      'a max that is no number',
      { windows: [{ max: '1', perMs: 10 }] },
      'rateLimit.windows[0].max must be an integer from 1 to 10000, received "1"',
    ],
    ['an exact max that takes much memory', { windows: [{ max: 10_001, perMs: 10 }] }, 'received 10001'],
    ['a window of part of a millisecond', { windows: [{ max: 1, perMs: 0.5 }] }, 'rateLimit.windows[0].perMs'],
    ['an exact window of a month', { windows: [{ max: 1, perMs: 2_592_000_000 }] }, 'rateLimit.windows[0].perMs'],
    [
      'a negative cooldown',
      { windows, cooldownMs: -1 },
      'rateLimit.cooldownMs must be a finite number of milliseconds, 0 or more, received -1',
    ],
    ['NaN as cooldown', { windows, cooldownMs: Number.NaN }, 'rateLimit.cooldownMs'],
    [
      'an unknown algorithm',
      { windows, algorithm: 'leaky' },
      "rateLimit.algorithm must be one of 'exact', 'gcra', received \"leaky\"",
    ],
    ['no keys', { windows, maxKeys: 0 }, 'rateLimit.maxKeys must be an integer from 1 to 16777216, received 0'],
    [
      'an idle time below what a key may hold',
      { windows, cooldownMs: 5, idleMs: 14 },
      'rateLimit.idleMs must be a finite number of milliseconds, 15 or more',
    ],
    ['an unknown overflow', { windows, overflow: 'drop' }, 'rateLimit.overflow'],
    ['an unknown error policy', { windows, onError: 'ignore' }, 'rateLimit.onError'],
    [
      'a side output that is a function',
      { windows, side: () => {} },
      'rateLimit.side.next must be a function, received undefined',
    ],
    ['a summary that is no function', { windows, summary: 1 }, 'rateLimit.summary'],
    ['a scheduler without a clock', { windows, scheduler: {} }, 'rateLimit.scheduler.now'],
  ])('%s', (_, options, message) => {
    expect(() => rateLimit(all, options as Options)).toThrow(message);
  });

  it('a key that is no function, and no options at all', () => {
    expect(() => rateLimit('key' as never, { windows })).toThrow(TypeError);
    expect(() => rateLimit(all, undefined as never)).toThrow('rateLimit must be an object');
  });

  it('a state of another version, or of other windows with gcra, when it is subscribed', () => {
    const start = (saved: unknown) => {
      const errors: unknown[] = [];
      const state = new StateHandle(saved as RateLimitSnapshot<string>);
      of('a')
        .pipe(rateLimit(all, { windows, algorithm: 'gcra', state }))
        .subscribe({ error: (error: unknown) => errors.push(error) });
      return String(errors[0]);
    };
    expect(start({ version: 7 })).toContain('version 7');
    expect(start({ version: 1, algorithm: 'gcra', windows: [{ max: 2, perMs: 10 }] })).toContain('gcra 2/10 ms');
  });
});
