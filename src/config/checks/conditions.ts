import { type Comparison, parseComparison } from '../../model/rule.js';
import { severities } from '../../model/severity.js';
import { type Finding, formatPath, type Path } from '../problems.js';
import { type Check, type ConfigView, entriesOf, itemsOf } from './check.js';

/** No value may both fire a rule, or one of its levels, and clear it. */
export const contradictingClears: Check = (view) =>
  conditions(view).flatMap(({ item, path }): Finding[] => {
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

/** What belongs to a rule on values only. */
const ofValues = ['when', 'clear', 'levels', 'window', 'nOf', 'flap', 'for', 'keepFiringFor', 'staleAfter', 'noData'];

/** A rule has one condition, or one for each level, or waits for sources. */
export const unclearConditions: Check = (view, { isGiven }) =>
  itemsOf(view.rules, ['rules']).flatMap(({ item, path }): Finding[] => {
    const given = (name: string) => isGiven([...path, name]);
    if (given('absent')) {
      return ofValues.filter(given).map((name) => superfluous([...path, name], '"absent" looks at no value'));
    }
    const idle = given('expect') ? [superfluous([...path, 'expect'], 'it means something with "absent" only')] : [];
    if (!given('levels')) return given('when') ? idle : [missingCondition(path), ...idle];
    const doubled = ['when', 'clear'].filter(given);
    const found = doubled.map((name) => superfluous([...path, name], 'each of "levels" has its own: keep one'));
    return [...emptyLevels(item.levels, [...path, 'levels']), ...found, ...idle];
  });

function emptyLevels(levels: object | undefined, path: Path): Finding[] {
  if (levels === undefined || Object.keys(levels).length > 0) return [];
  return [{ code: 'CFG209', message: `${formatPath(path)} must have at least 1 level`, path }];
}

function superfluous(path: Path, why: string): Finding {
  return { code: 'CFG302', message: `${formatPath(path)}: ${why}`, path, at: 'key' };
}

function missingCondition(path: Path): Finding {
  return {
    code: 'CFG202',
    message: `missing key "when" in ${formatPath(path)}`,
    path: [...path, 'when'],
    hint: 'write when: "> 80", levels: { medium: { when: "> 70" }, high: { when: "> 80" } }, or absent: 1m',
  };
}

/** A graver level is not easier to meet than one less grave, which could never be reached then. */
export const unreachableLevels: Check = (view) =>
  itemsOf(view.rules, ['rules']).flatMap(({ item, path }): Finding[] => {
    const given = severities.flatMap((name) => {
      const when = item.levels?.[name]?.when;
      const parsed = when === undefined ? undefined : parseComparison(when);
      return when === undefined || parsed === undefined ? [] : [{ name, when, parsed }];
    });
    return given.slice(1).flatMap((level, i): Finding[] => {
      const below = given[i]!;
      if (!isEasier(level.parsed, below.parsed)) return [];
      const at = [...path, 'levels', level.name, 'when'];
      const message = `${formatPath(at)} "${level.when}" holds before ${below.name} "${below.when}", which could never be`;
      return [{ code: 'CFG302', message, path: at }];
    });
  });

/** Only what has one limit can be compared. */
function isEasier(a: Comparison, b: Comparison): boolean {
  if (!('value' in a) || !('value' in b)) return false;
  if (a.op[0] !== b.op[0]) return false;
  return a.op[0] === '>' ? a.value < b.value : a.op[0] === '<' && a.value > b.value;
}

/** Numbers of samples and shares that fit together. */
export const impossibleCounts: Check = (view) =>
  itemsOf(view.rules, ['rules']).flatMap(({ item, path }): Finding[] => {
    const [n = 0, m = n] = item.nOf ?? [];
    const { high = 0.3, low = 0.25 } = item.flap ?? {};
    return [
      ...(n > m ? [contradiction(`${n} of the last ${m} samples can never be`, [...path, 'nOf'])] : []),
      ...(low >= high ? [contradiction(`"low" ${low} must be below "high" ${high}`, [...path, 'flap'])] : []),
    ];
  });

function contradiction(message: string, path: Path): Finding {
  return { code: 'CFG302', message: `${formatPath(path)}: ${message}`, path };
}

function conditions(view: ConfigView) {
  return itemsOf(view.rules, ['rules']).flatMap(({ item, path }) => [
    { item, path },
    ...entriesOf(item.levels, [...path, 'levels']),
  ]);
}

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
