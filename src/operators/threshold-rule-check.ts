import {
  arrayOption,
  booleanOption,
  choiceOption,
  durationOption,
  finiteOption,
  integerOption,
  nameOption,
  objectOption,
  textOption,
  uniqueId,
} from './options.js';
import { isAggregateFn } from './parts/aggregate-fn.js';
import { flapOptions, mostFlapSamples } from './threshold-flap.js';
import {
  noDataPolicies,
  type ThresholdComparison,
  type ThresholdFlap,
  type ThresholdLevel,
  type ThresholdRule,
  type ThresholdWindow,
} from './threshold-rule.js';
import { mostVotes } from './threshold-votes.js';

const comparisonOperators = ['>', '>=', '<', '<=', '==', '!=', 'between', 'outside'] as const;
const mostLevels = 16;

/** Throws `RangeError` or `TypeError`, naming the field, its value and what is allowed. */
export function checkRules(name: string, rules: readonly ThresholdRule[]): void {
  if (!Array.isArray(rules)) throw new TypeError(`${name} must be an array of rules`);
  const ids = new Set<string>();
  rules.forEach((rule: ThresholdRule, position) => {
    checkRule(`${name}[${position}]`, rule);
    uniqueId(`${name}[${position}].id`, rule.id, ids);
  });
}

function checkRule(name: string, rule: ThresholdRule): void {
  objectOption(name, rule);
  nameOption(`${name}.metric`, rule.metric);
  if (rule.enabled !== undefined) booleanOption(`${name}.enabled`, rule.enabled);
  if (rule.match !== undefined) objectOption(`${name}.match`, rule.match);
  for (const [label, pattern] of Object.entries(rule.match ?? {})) textOption(`${name}.match.${label}`, pattern);
  checkConditions(name, rule);
  durationOption(`${name}.forMs`, rule.forMs ?? 0, 0);
  durationOption(`${name}.keepFiringForMs`, rule.keepFiringForMs ?? 0, 0);
  durationOption(`${name}.cooldownMs`, rule.cooldownMs ?? 0, 0);
  if (rule.window !== undefined) checkWindow(`${name}.window`, rule.window);
  if (rule.nOf !== undefined) checkVotes(`${name}.nOf`, rule.nOf);
  if (rule.flap !== undefined) checkFlap(`${name}.flap`, rule.flap);
  if (rule.staleAfterMs !== Infinity) durationOption(`${name}.staleAfterMs`, rule.staleAfterMs ?? 1, 1);
  choiceOption(`${name}.noData`, rule.noData ?? 'keep', noDataPolicies);
}

function checkConditions(name: string, rule: ThresholdRule): void {
  if (rule.levels === undefined) {
    checkWhen(name, rule);
    return;
  }
  const { when, clear }: Partial<ThresholdLevel> = rule as object;
  if (when !== undefined || clear !== undefined)
    throw new TypeError(`${name} must have either levels or when and clear, received both`);
  checkLevels(`${name}.levels`, rule.levels);
}

function checkLevels(name: string, levels: readonly ThresholdLevel[]): void {
  arrayOption(name, levels);
  integerOption(`${name}.length`, levels.length, 1, mostLevels);
  const names = new Set<string>();
  levels.forEach((level, position) => {
    const path = `${name}[${position}]`;
    objectOption(path, level);
    uniqueId(`${path}.name`, level.name, names);
    checkWhen(path, level);
    if (position > 0) checkOrder(path, levels[position - 1]!.when, level.when);
  });
}

/** The other way round, the lower level could never be reached. Only what has one limit can be compared. */
function checkOrder(name: string, lower: ThresholdComparison, higher: ThresholdComparison): void {
  if (!('value' in lower) || !('value' in higher)) return;
  const both = (operator: string) => lower.op.startsWith(operator) && higher.op.startsWith(operator);
  const easier = both('>') ? higher.value < lower.value : both('<') && higher.value > lower.value;
  if (!easier) return;
  const [received, before] = [higher, lower].map(({ op, value }) => `${op} ${value}`);
  throw new RangeError(
    `${name}.when must not be easier to meet than the level before, received ${received} after ${before}`,
  );
}

function checkWhen(name: string, { when, clear }: Pick<ThresholdLevel, 'when' | 'clear'>): void {
  checkComparison(`${name}.when`, when);
  if (clear !== undefined) checkComparison(`${name}.clear`, clear);
}

function checkComparison(name: string, comparison: ThresholdComparison): void {
  objectOption(name, comparison);
  const op = choiceOption(`${name}.op`, comparison.op, comparisonOperators);
  const { value, low, high } = comparison as { readonly value?: number; readonly low?: number; readonly high?: number };
  if (op !== 'between' && op !== 'outside') {
    finiteOption(`${name}.value`, value);
    return;
  }
  finiteOption(`${name}.low`, low);
  finiteOption(`${name}.high`, high);
  if (low! > high!) throw new RangeError(`${name}.low must not be above ${name}.high, received ${low} and ${high}`);
}

function checkWindow(name: string, window: ThresholdWindow): void {
  objectOption(name, window);
  if (!isAggregateFn(window.fn))
    throw new RangeError(`${name}.fn must be an aggregate such as avg or p99, received ${String(window.fn)}`);
  durationOption(`${name}.overMs`, window.overMs, 1);
}

function checkVotes(name: string, nOf: readonly [n: number, m: number]): void {
  arrayOption(name, nOf);
  const m = integerOption(`${name}[1]`, nOf[1], 1, mostVotes);
  integerOption(`${name}[0]`, nOf[0], 1, m);
}

function checkFlap(name: string, flap: ThresholdFlap): void {
  objectOption(name, flap);
  const { window, high, low } = flapOptions(flap);
  integerOption(`${name}.window`, window, 3, mostFlapSamples);
  finiteOption(`${name}.high`, high);
  finiteOption(`${name}.low`, low);
  if (low < 0 || high > 1 || low >= high)
    throw new RangeError(`${name} must have 0 <= low < high <= 1, received ${low} and ${high}`);
}
