import { arrayOption, booleanOption, choiceOption, durationOption, integerOption, objectOption } from './options.js';
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
    checkUnique(`${name}[${position}].id`, rule.id, ids);
  });
}

function checkRule(name: string, rule: ThresholdRule): void {
  objectOption(name, rule);
  checkText(`${name}.id`, rule.id);
  checkText(`${name}.metric`, rule.metric);
  if (rule.enabled !== undefined) booleanOption(`${name}.enabled`, rule.enabled);
  if (rule.match !== undefined) objectOption(`${name}.match`, rule.match);
  for (const [label, pattern] of Object.entries(rule.match ?? {})) checkString(`${name}.match.${label}`, pattern);
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
    checkText(`${path}.name`, level.name);
    checkUnique(`${path}.name`, level.name, names);
    checkWhen(path, level);
    if (position > 0) checkOrder(path, levels[position - 1]!.when, level.when);
  });
}

/** The other way round, the lower level could never be reached. Only what has one limit can be compared. */
function checkOrder(name: string, lower: ThresholdComparison, higher: ThresholdComparison): void {
  if (!('value' in lower) || !('value' in higher)) return;
  const both = (operators: string) => operators.includes(lower.op[0]!) && operators.includes(higher.op[0]!);
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
  if (op !== 'between' && op !== 'outside') {
    checkNumber(`${name}.value`, 'value' in comparison ? comparison.value : undefined);
    return;
  }
  const { low, high } = 'low' in comparison ? comparison : { low: undefined, high: undefined };
  checkNumber(`${name}.low`, low);
  checkNumber(`${name}.high`, high);
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
  checkNumber(`${name}.high`, high);
  checkNumber(`${name}.low`, low);
  if (low < 0 || high > 1 || low >= high)
    throw new RangeError(`${name} must have 0 <= low < high <= 1, received ${low} and ${high}`);
}

function checkUnique(name: string, text: string, known: Set<string>): void {
  if (known.has(text)) throw new RangeError(`${name} must be unique, received "${text}" twice`);
  known.add(text);
}

function checkText(name: string, value: unknown): void {
  checkString(name, value);
  if (value === '') throw new RangeError(`${name} must not be empty`);
}

function checkString(name: string, value: unknown): void {
  if (typeof value !== 'string') throw new TypeError(`${name} must be a string, received ${typeof value}`);
}

function checkNumber(name: string, value: unknown): void {
  if (typeof value !== 'number') throw new TypeError(`${name} must be a number, received ${typeof value}`);
  if (!Number.isFinite(value)) throw new RangeError(`${name} must be a finite number, received ${value}`);
}
