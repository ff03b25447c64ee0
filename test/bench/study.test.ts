import { identity, type MonoTypeOperatorFunction, map } from 'rxjs';
import { describe, expect, it } from 'vitest';
import type { Row } from '../../bench/harness.js';
import { toPage } from '../../bench/page.js';
import { Forecast } from '../../bench/study/forecast.js';
import { Life } from '../../bench/study/life.js';
import { ratioRows, rowsOf } from '../../bench/study/rows.js';
import { naive, ours, study } from '../../bench/study/study.js';

const nothing = (): MonoTypeOperatorFunction<number> => identity;
const ways = [ours('ours', 'mine', nothing), naive('theirs', nothing)];
const sample = study<number>({
  operator: 'sample',
  axis: 'keys',
  event: 'a number',
  sizes: [10, 100],
  values: (size) => Array.from({ length: size }, (_, n) => n),
  outputs: { fresh: 1 },
  ways,
});
const budgets = {
  'B7.mine.event_ns.100': { max: 5, gate: 'full' },
  'B7.mine.faster': { min: 2, gate: 'quick' },
} as const;

describe('the forecast of a benchmark', () => {
  const forecast = () => new Forecast({ seconds: 10, bytes: 1e9 });

  it('lets everything be tried once, and what grows in proportion while it is cheap', () => {
    const it = forecast();
    expect(it.refusal(1_000_000)).toBeUndefined();
    it.see(1_000, 0.1, 1e6);
    expect([it.refusal(10_000), it.refusal(90_000)]).toEqual([undefined, undefined]);
  });

  it('refuses what would take too long or too much, and says how much', () => {
    const it = forecast();
    it.see(1_000, 1, 1e8);
    expect([it.refusal(20_000), it.refusal(10_001)]).toEqual(['about 2.0 GB', 'about 1.0 GB']);
    const slow = forecast();
    slow.see(1_000, 1, 1e6);
    expect(slow.refusal(100_000)).toBe('about 100 s');
  });

  it('sees that something is quadratic', () => {
    const it = forecast();
    it.see(1_000, 0.05);
    it.see(10_000, 5);
    expect(it.refusal(100_000)).toBe('about 500 s');
  });
});

describe('a study of an operator', () => {
  it('fails when a way does not do its job', async () => {
    const silent = naive<number, number>(
      'silent',
      () => map(identity),
      () => 0,
    );
    const life = new Life(sample, silent as never, 10, sample.values(10));
    await expect(life.create()).rejects.toThrow('silent: 0 outputs of 10 fresh keys, not 10');
  });

  it('compares ours with the naive form at the largest size that both have', () => {
    const answers = (value: number) => [{ question: 'event', size: 100, value } as const];
    const measured = new Map([ways[0]!, ways[1]!].map((way, i) => [way, answers(i === 0 ? 4 : 20)] as const));
    const [row] = ratioRows(sample, measured as never, budgets);
    expect(row).toMatchObject({ name: 'ours: faster than theirs, 100 keys', value: 5, budgetKey: 'B7.mine.faster' });
  });

  it('has a page that names what is missed and what was not run', () => {
    const rows: Row[] = [
      ...rowsOf(sample, ways[0] as never, [{ question: 'event', size: 100, value: 7.123 }], budgets),
      ...rowsOf(sample, ways[1] as never, [{ question: 'event', size: 100, note: 'not run: about 9 s' }], budgets),
    ];
    const result = { id: 'B7', title: '', rows, misses: ['B7.mine.event_ns.100: 7.123 ns'], attempts: 1, seconds: 1 };
    const page = toPage({ at: '2026-01-02T03:04:05Z', machine: 'a machine', quick: false, results: [result] }, budgets);
    expect(page).toContain('| **ours** | **7.12** (≤ 5, missed) |');
    expect(page).toContain('| · theirs | *not run: about 9 s* |');
    expect(page).toContain('- B7.mine.event_ns.100: 7.123 ns');
  });
});
