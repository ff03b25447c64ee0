import type { ThresholdComparison, ThresholdRule } from '../../src/operators/threshold.js';

export interface Change {
  readonly rule: string;
  readonly key: string;
  readonly kind: 'firing' | 'resolved';
  readonly at: number;
  readonly since: number;
}

interface Point {
  readonly at: number;
  readonly value: number;
}

/** What the rules say of a whole history until `end`, worked out rule by rule and series by series. */
export function naiveThreshold(
  rules: readonly ThresholdRule[],
  steps: readonly { wait: number; key: string; value: number }[],
  end: number,
): Change[] {
  const histories = new Map<string, Point[]>();
  let at = 0;
  for (const { wait, key, value } of steps) {
    at += wait;
    histories.set(key, [...(histories.get(key) ?? []), { at, value }]);
  }
  return rules.flatMap((rule) =>
    [...histories].flatMap(([key, points]) =>
      changesOf(rule, points, end).map((change) => ({ rule: rule.id, key, ...change })),
    ),
  );
}

function changesOf(rule: ThresholdRule, points: readonly Point[], end: number): Omit<Change, 'rule' | 'key'>[] {
  const changes: Omit<Change, 'rule' | 'key'>[] = [];
  let open = false;
  let since = 0;
  /** Since when the condition that would change the state holds. */
  let runFrom: number | undefined;
  let cooledAt = -Infinity;
  points.forEach(({ at, value }, index) => {
    const until = points[index + 1]?.at ?? end;
    const turning = open ? clears(rule, value) : holds(rule.when, value);
    runFrom = turning ? (runFrom ?? at) : undefined;
    if (runFrom === undefined) return;
    const turnsAt = open ? runFrom + (rule.keepFiringForMs ?? 0) : Math.max(runFrom + (rule.forMs ?? 0), cooledAt);
    if (turnsAt > until) return;
    const changedAt = Math.max(turnsAt, at);
    open = !open;
    if (open) {
      since = runFrom;
      cooledAt = changedAt + (rule.cooldownMs ?? 0);
    }
    changes.push({ kind: open ? 'firing' : 'resolved', at: changedAt, since });
    runFrom = undefined;
  });
  return changes;
}

function clears(rule: ThresholdRule, value: number): boolean {
  return rule.clear === undefined ? !holds(rule.when, value) : holds(rule.clear, value);
}

function holds(comparison: ThresholdComparison, value: number): boolean {
  switch (comparison.op) {
    case '>':
      return value > comparison.value;
    case '<=':
      return value <= comparison.value;
    case 'between':
      return value >= comparison.low && value <= comparison.high;
    default:
      throw new Error(`the reference does not know ${comparison.op}`);
  }
}
