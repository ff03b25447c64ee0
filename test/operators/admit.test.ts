import { Subject } from 'rxjs';
import { TestScheduler } from 'rxjs/testing';
import { describe, expect, it } from 'vitest';
import { type AdmitOptions, type AdmitSide, admit } from '../../src/operators/admit.js';

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
});
