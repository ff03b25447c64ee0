import { type Comparison, parseComparison } from '../../model/rule.js';
import { type Finding, formatPath } from '../problems.js';
import { type Check, itemsOf } from './check.js';

/** No value may both fire a rule and clear it. */
export const contradictingClears: Check = (view) =>
  itemsOf(view.rules, ['rules']).flatMap(({ item, path }): Finding[] => {
    const when = item.when === undefined ? undefined : parseComparison(item.when);
    const clear = item.clear === undefined ? undefined : parseComparison(item.clear);
    const value = when && clear && commonValue(when, clear);
    if (value === undefined) return [];
    const at = [...path, 'clear'];
    const message = `${formatPath(at)} "${item.clear}" contradicts when "${item.when}": both hold at ${value}`;
    return [
      { code: 'CFG306', message, path: at, hint: 'clear must lie outside of when, as in when "> 80", clear "< 70"' },
    ];
  });

/**
 * A value at which both hold, or `undefined`. Between two neighbouring thresholds nothing changes, so that the
 * thresholds, the middles between them and one point beyond each end stand for all values.
 */
export function commonValue(a: Comparison, b: Comparison): number | undefined {
  const bounds = [...boundsOf(a), ...boundsOf(b)].sort((x, y) => x - y);
  const middles = bounds.slice(1).map((bound, i) => bound / 2 + bounds[i]! / 2);
  const candidates = [...bounds, ...middles, bounds[0]! - 1, bounds.at(-1)! + 1, -Infinity, Infinity];
  return candidates.find((value) => holds(a, value) && holds(b, value));
}

function boundsOf(comparison: Comparison): number[] {
  return 'value' in comparison ? [comparison.value] : [comparison.low, comparison.high];
}

function holds(comparison: Comparison, value: number): boolean {
  switch (comparison.op) {
    case '>':
      return value > comparison.value;
    case '>=':
      return value >= comparison.value;
    case '<':
      return value < comparison.value;
    case '<=':
      return value <= comparison.value;
    case '==':
      return value === comparison.value;
    case '!=':
      return value !== comparison.value;
    case 'between':
      return value >= comparison.low && value <= comparison.high;
    case 'outside':
      return value < comparison.low || value > comparison.high;
  }
}
