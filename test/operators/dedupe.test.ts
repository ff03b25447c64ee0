import { concat, identity, NEVER, of, Subject, VirtualTimeScheduler } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { type DedupeOptions, type DedupeSide, dedupe } from '../../src/operators/dedupe.js';
import type { DedupeClosed, DedupeSnapshot } from '../../src/operators/dedupe-options.js';
import { StateHandle } from '../../src/operators/state-handle.js';
import { expectDiagram } from '../support/marbles.js';

type Options = DedupeOptions<string, string>;

/** Feeds `values` at their times, in virtual time. */
function deduped(
  options: Omit<Options, 'scheduler' | 'side'>,
  values: readonly (readonly [at: number, value: string])[],
) {
  const scheduler = new VirtualTimeScheduler();
  const notices: DedupeSide<string, string>[] = [];
  const passed: string[] = [];
  const errors: unknown[] = [];
  const source$ = new Subject<string>();
  const side = { next: (notice: DedupeSide<string, string>) => void notices.push(notice) };
  source$.pipe(dedupe(identity, { ...options, scheduler, side })).subscribe({
    next: (value) => passed.push(value),
    error: (error: unknown) => errors.push(error),
  });
  for (const [at, value] of values) scheduler.schedule(() => source$.next(value), at);
  return { scheduler, notices, passed, errors, source$ };
}

describe('dedupe', () => {
  it('P13 passes the first of each key and drops copies for the window', () => {
    expectDiagram(dedupe(identity, { windowMs: 5 }), {
      source: '    a-a-b-a-a-a-|',
      output: '    a---b-a-----|',
      subscribed: '^-----------!',
    });
  });

  it('keeps a chatty key silent when the window is measured from its latest copy', () => {
    expectDiagram(dedupe(identity, { windowMs: 5, from: 'last' }), {
      source: 'a-a-a-a-----a-|',
      output: 'a-----------a-|',
    });
  });

  it('lets a chatty key through at its upper age', () => {
    expectDiagram(dedupe(identity, { windowMs: 5, from: 'last', maxAgeMs: 7 }), {
      source: 'a-a-a-a-a-a-|',
      output: 'a-------a---|',
    });
  });

  it('P13 says of each copy which one it is, and of each window how many it had', () => {
    const { scheduler, notices } = deduped({ windowMs: 300 }, [
      [0, 'a'],
      [10, 'a'],
      [20, 'b'],
      [299, 'a'],
    ]);
    scheduler.flush();
    expect(notices).toEqual([
      { kind: 'duplicate', key: 'a', value: 'a', count: 2, firstAt: 0, retryAt: 300 },
      { kind: 'duplicate', key: 'a', value: 'a', count: 3, firstAt: 0, retryAt: 300 },
      { kind: 'closed', key: 'a', count: 3, firstAt: 0, reason: 'expired' },
    ]);
  });

  it('closes a window at its exact time, without another value', () => {
    const { scheduler, notices } = deduped({ windowMs: 300 }, [
      [5, 'a'],
      [6, 'a'],
    ]);
    scheduler.maxFrames = 304;
    scheduler.flush();
    expect(notices.map(({ kind }) => kind)).toEqual(['duplicate']);
    scheduler.maxFrames = 305;
    scheduler.flush();
    expect(notices.map(({ kind }) => kind)).toEqual(['duplicate', 'closed']);
  });

  it('reports counted copies when the source completes', () => {
    const notices: unknown[] = [];
    of('a', 'a', 'b')
      .pipe(dedupe(identity, { windowMs: 300, side: { next: (notice) => void notices.push(notice) } }))
      .subscribe();
    expect(notices.at(-1)).toMatchObject({ kind: 'closed', key: 'a', count: 2, reason: 'complete' });
  });

  it('P13 puts a summary of the copies into the output when their window is over, ahead of the next value', () => {
    const summary = ({ key, count, reason }: DedupeClosed<string>) => `${count} ${key}, ${reason}`;
    const { scheduler, passed, source$ } = deduped({ windowMs: 300, summary }, [
      [0, 'a'],
      [299, 'a'],
      [300, 'a'],
      [301, 'a'],
    ]);
    scheduler.maxFrames = 400;
    scheduler.flush();
    source$.complete();
    expect(passed).toEqual(['a', '2 a, expired', 'a', '2 a, complete']);
  });

  it('skips a summary that throws, when told so, and errors otherwise', () => {
    const summary = () => {
      throw new Error('no summary');
    };
    const values = [
      [0, 'a'],
      [1, 'a'],
    ] as const;
    const lenient = deduped({ windowMs: 5, summary, onError: 'skip' }, values);
    lenient.scheduler.flush();
    expect(lenient.notices.map(({ kind }) => kind)).toEqual(['duplicate', 'closed', 'failed']);
    const strict = deduped({ windowMs: 5, summary }, values);
    strict.scheduler.flush();
    expect(strict.errors).toEqual([new Error('no summary')]);
  });

  it('by event time drops copies by the times that they bring, and says which times cannot be', () => {
    const timestamp = (value: string) => Number(value.split('@')[1]);
    const scheduler = new VirtualTimeScheduler();
    const said: string[] = [];
    const side = {
      next: (notice: DedupeSide<string, string>) => {
        said.push(notice.kind === 'rejected' ? notice.reason : notice.kind);
      },
    };
    of('a@0', 'a@99', 'a@x', 'a@9000', 'a@100', 'b@-1')
      .pipe(dedupe((value) => value[0]!, { windowMs: 100, timestamp, maxFutureMs: 500, scheduler, side }))
      .subscribe((value) => said.push(value));
    expect(said).toEqual(['a@0', 'duplicate', 'not_a_time', 'future', 'closed', 'a@100', 'late']);
  });

  it('skips a value whose timestamp throws, when told so', () => {
    const timestamp = (value: string) => (value === 'b' ? JSON.parse('{') : 0);
    const notices: unknown[] = [];
    const side = { next: (notice: DedupeSide<string, string>) => void notices.push(notice) };
    const passed: string[] = [];
    of('a', 'b', 'c')
      .pipe(dedupe(identity, { windowMs: 5, timestamp, onError: 'skip', side }))
      .subscribe((value) => passed.push(value));
    expect(passed).toEqual(['a', 'c']);
    expect(notices).toMatchObject([{ kind: 'failed', value: 'b' }]);
  });

  it('closes a window after more than 24.8 days at its exact time', () => {
    const windowMs = 40 * 86_400_000;
    const { scheduler, notices } = deduped({ windowMs }, [
      [0, 'a'],
      [1, 'a'],
    ]);
    scheduler.maxFrames = windowMs - 1;
    scheduler.flush();
    expect(notices).toHaveLength(1);
    scheduler.maxFrames = windowMs;
    scheduler.flush();
    expect(notices.at(-1)).toMatchObject({ kind: 'closed', count: 2 });
  });

  it('F7 a flood of new keys is bounded, and every key that it pushes out is named', () => {
    const flood = Array.from({ length: 1_000 }, (_, n) => [0, `key ${n}`] as const);
    const { scheduler, notices, passed } = deduped({ windowMs: 300, maxKeys: 100 }, flood);
    scheduler.flush();
    expect(passed).toHaveLength(1_000);
    expect(notices.filter(({ kind }) => kind === 'evicted')).toHaveLength(900);
  });

  it('F7 rejects or errors beyond maxKeys, when told so', () => {
    const values = [
      [0, 'a'],
      [0, 'b'],
    ] as const;
    const rejecting = deduped({ windowMs: 300, maxKeys: 1, overflow: 'reject' }, values);
    rejecting.scheduler.flush();
    expect(rejecting.notices).toEqual([{ kind: 'rejected', key: 'b', value: 'b', reason: 'max_keys' }]);
    const strict = deduped({ windowMs: 300, maxKeys: 1, overflow: 'error' }, values);
    strict.scheduler.flush();
    expect(strict.errors).toEqual([expect.objectContaining({ name: 'RangeError' })]);
  });

  it('goes on from the state of an earlier subscription', () => {
    const saved = new StateHandle<DedupeSnapshot<string>>();
    const first = deduped({ windowMs: 300, state: saved }, [
      [0, 'a'],
      [1, 'a'],
    ]);
    first.scheduler.maxFrames = 1;
    first.scheduler.flush();
    const initial: DedupeSnapshot<string> = JSON.parse(JSON.stringify(saved.snapshot()));
    const second = deduped({ windowMs: 300, state: new StateHandle(initial) }, [
      [299, 'a'],
      [300, 'a'],
    ]);
    second.scheduler.flush();
    expect(second.passed).toEqual(['a']);
    expect(second.notices[0]).toMatchObject({ kind: 'duplicate', count: 3 });
  });

  it.each<[string, unknown, string]>([
    ['no window', {}, 'dedupe.windowMs must be a finite number of milliseconds, 1 or more, received undefined'],
    ['a window of nothing', { windowMs: 0 }, 'dedupe.windowMs'],
    ['an endless window', { windowMs: Infinity }, 'dedupe.windowMs'],
    [
      'an unknown start',
      { windowMs: 5, from: 'middle' },
      "dedupe.from must be one of 'first', 'last', received \"middle\"",
    ],
    ['an upper age below the window', { windowMs: 5, maxAgeMs: 4 }, 'dedupe.maxAgeMs'],
    ['a negative lateness', { windowMs: 5, latenessMs: -1 }, 'dedupe.latenessMs'],
    ['a timestamp that is no function', { windowMs: 5, timestamp: 'at' }, 'dedupe.timestamp must be a function'],
    ['a summary that is no function', { windowMs: 5, summary: 'sum' }, 'dedupe.summary must be a function'],
    ['no keys', { windowMs: 5, maxKeys: 0 }, 'dedupe.maxKeys'],
  ])('refuses %s when it is created', (_, options, message) => {
    expect(() => dedupe(identity, options as Options)).toThrow(message);
  });
});

describe('a StateHandle', () => {
  it('has a snapshot while subscribed only', () => {
    const state = new StateHandle<DedupeSnapshot<string>>();
    const subscription = concat(of('a'), NEVER)
      .pipe(dedupe(identity, { windowMs: 5, state }))
      .subscribe();
    expect(state.snapshot()?.keys).toHaveLength(1);
    subscription.unsubscribe();
    expect(state.snapshot()).toBeUndefined();
  });

  it('serves one subscription at a time, and the next one after it', () => {
    const errors: unknown[] = [];
    const shared$ = NEVER.pipe(
      dedupe((value: string) => value, { windowMs: 5, state: new StateHandle<DedupeSnapshot<string>>() }),
    );
    const first = shared$.subscribe();
    shared$.subscribe({ error: (error: Error) => errors.push(error.message) });
    expect(errors).toEqual(['this StateHandle already serves a subscription']);
    first.unsubscribe();
    shared$.subscribe({ error: (error: Error) => errors.push(error.message) }).unsubscribe();
    expect(errors).toHaveLength(1);
  });
});
