import { Subject } from 'rxjs';
import { TestScheduler } from 'rxjs/testing';
import { describe, expect, it } from 'vitest';
import { type AdmitOptions, type AdmitSide, admit } from '../../src/operators/admit.js';
import { expectDiagram } from '../support/marbles.js';

interface Alert {
  readonly category: string;
  readonly title: string;
}

type Options = AdmitOptions<Alert, string, string>;

const defaults: Options = {
  rateLimit: {
    key: (alert) => alert.category,
    windows: [
      { max: 10, perMs: 60_000 },
      { max: 100, perMs: 3_600_000 },
    ],
    cooldownMs: 60_000,
  },
  dedupe: { key: (alert) => alert.title, windowMs: 300_000 },
};

/** Raises each alert at its time, and tells what passed and what the side output said. */
function raise(alerts: readonly (readonly [at: number, alert: Alert])[], options: Options = defaults) {
  const scheduler = new TestScheduler(() => {});
  const passed: Alert[] = [];
  const notices: AdmitSide<Alert, string, string>[] = [];
  const source$ = new Subject<Alert>();
  const side = { next: (notice: AdmitSide<Alert, string, string>) => void notices.push(notice) };
  source$.pipe(admit({ ...options, side, scheduler })).subscribe((alert) => passed.push(alert));
  for (const [at, alert] of alerts) scheduler.schedule(() => source$.next(alert), at);
  scheduler.maxFrames = 3_600_000;
  scheduler.flush();
  return { passed, notices, kinds: notices.map((notice) => notice.kind) };
}

describe('admit', () => {
  it('P11 12 alerts of one category in a minute: 10 are admitted, 2 are rate-limited', () => {
    const alerts = Array.from(
      { length: 12 },
      (_, n) => [n * 1_000, { category: 'risk', title: `alert ${n}` }] as const,
    );
    const { passed, kinds } = raise(alerts);
    expect(passed).toHaveLength(10);
    expect(kinds.filter((kind) => kind === 'limited')).toHaveLength(2);
  });
  it('P13 the same alert twice in 300 s: one is admitted, one is suppressed', () => {
    const alert = { category: 'risk', title: 'margin call' };
    const { passed, kinds } = raise([
      [0, alert],
      [299_999, alert],
    ]);
    expect(passed).toHaveLength(1);
    expect(kinds[0]).toBe('duplicate');
  });

  it('P14 a duplicate uses up no rate', () => {
    const copies = Array.from({ length: 20 }, () => [0, { category: 'risk', title: 'margin call' }] as const);
    const others = Array.from({ length: 10 }, (_, n) => [1, { category: 'risk', title: `alert ${n}` }] as const);
    const { passed, kinds } = raise([...copies, ...others]);
    expect(passed).toHaveLength(10);
    expect(kinds.filter((kind) => kind === 'duplicate')).toHaveLength(19);
    expect(kinds.filter((kind) => kind === 'limited')).toHaveLength(1);
  });

  it('P14 asks the rate limit first, and remembers nothing of what is limited', () => {
    const operator = admit<string, string, string>({
      rateLimit: { key: () => 'all', windows: [{ max: 2, perMs: 7 }] },
      dedupe: { key: (letter) => letter, windowMs: 20 },
    });
    expectDiagram(operator, {
      source: 'a-a-b-c-c-|',
      output: 'a---b---c-|',
    });
  });

  it('P12 tells how many were held back, without their duplicates, once the key has room', () => {
    const alerts = Array.from({ length: 12 }, (_, n) => [n, { category: 'risk', title: `alert ${n}` }] as const);
    const { notices } = raise([...alerts, [20, { category: 'risk', title: 'alert 0' }]]);
    const reopened = notices.filter(({ kind }) => kind === 'reopened');
    const expected = { kind: 'reopened', key: 'risk', heldBack: 2, trippedAt: 10, at: 60_010, reason: 'room' };
    expect(reopened).toEqual([expected]);
  });

  it('says of each value why it was dropped, and by which key', () => {
    const rateLimit = { key: (alert: Alert) => alert.category, windows: [{ max: 1, perMs: 100 }] };
    const alerts = ['a', 'a', 'b'].map((title) => [5, { category: 'risk', title }] as const);
    const { notices } = raise(alerts, { ...defaults, rateLimit });
    expect(notices).toMatchObject([
      { kind: 'limited', key: 'risk', value: { title: 'a' }, reason: 'window', retryAt: 105 },
      { kind: 'limited', key: 'risk', value: { title: 'b' }, reason: 'window', retryAt: 105 },
    ]);
  });

  it('F7 names the keys that a flood pushes out, and the table that they were in', () => {
    const alerts = Array.from({ length: 5 }, (_, n) => [0, { category: `c${n}`, title: `alert ${n}` }] as const);
    const { notices } = raise(alerts, {
      rateLimit: { ...defaults.rateLimit, maxKeys: 3 },
      dedupe: { ...defaults.dedupe, maxKeys: 4 },
    });
    expect(notices.map((notice) => notice.kind === 'evicted' && `${notice.from} ${notice.key}`)).toEqual([
      'rateLimit c0',
      'rateLimit c1',
      'dedupe alert 0',
    ]);
  });

  it('rejects a new key in either table, when told so, and commits to neither', () => {
    const full = { maxKeys: 1, overflow: 'reject' } as const;
    const { passed, notices } = raise(
      [
        [0, { category: 'risk', title: 'a' }],
        [1, { category: 'trade', title: 'a' }],
        [2, { category: 'risk', title: 'b' }],
      ],
      { rateLimit: { ...defaults.rateLimit, ...full }, dedupe: { ...defaults.dedupe, ...full } },
    );
    expect(passed).toHaveLength(1);
    expect(notices).toMatchObject([
      { kind: 'rejected', key: 'trade', reason: 'max_rate_keys' },
      { kind: 'rejected', key: 'b', reason: 'max_dedupe_keys' },
    ]);
  });

  it('asks the rate limit alone for a value without a dedupe key', () => {
    const dedupe = { key: () => undefined, windowMs: 300_000 };
    const alerts = Array.from({ length: 12 }, () => [0, { category: 'risk', title: 'same' }] as const);
    expect(raise(alerts, { ...defaults, dedupe }).passed).toHaveLength(10);
  });

  it.each<[string, unknown, string]>([
    ['no options', undefined, 'admit must be an object'],
    ['no rate limit', { dedupe: defaults.dedupe }, 'admit.rateLimit must be an object'],
    ['no dedupe', { rateLimit: defaults.rateLimit }, 'admit.dedupe must be an object'],
    ['no key', { ...defaults, dedupe: { windowMs: 5 } }, 'admit.dedupe.key must be a function'],
    [
      'a bad window',
      { ...defaults, rateLimit: { windows: [{ max: 1, perMs: 0 }] } },
      'admit.rateLimit.windows[0].perMs',
    ],
  ])('refuses %s when it is created', (_, options, message) => {
    expect(() => admit(options as Options)).toThrow(message);
  });
});
