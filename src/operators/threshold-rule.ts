import { choiceOption, durationOption, objectOption } from './options.js';

/** `> 80`, or `between` / `outside` two numbers; `between` includes both, `outside` neither. */
export type ThresholdComparison =
  | { readonly op: '>' | '>=' | '<' | '<=' | '==' | '!='; readonly value: number }
  | { readonly op: 'between' | 'outside'; readonly low: number; readonly high: number };

/** A rule as data. Fields that are not named here are carried along and never looked at. */
export interface ThresholdRule {
  /** Unique in its rule set; state is kept under it when the set is replaced. */
  readonly id: string;
  /** Exact metric name, or with `*` wildcards. */
  readonly metric: string;
  /** By label: exact value or with `*` wildcards; `source` means the source. A label that is missing is the empty text. */
  readonly match?: Readonly<Record<string, string>>;
  /** Fires when this holds. */
  readonly when: ThresholdComparison;
  /** Resolves when this holds. Default: when `when` no longer holds. */
  readonly clear?: ThresholdComparison;
  /** `when` has to hold for this long. Default 0. */
  readonly forMs?: number;
  /** The cleared condition has to stay cleared for this long. Default 0. */
  readonly keepFiringForMs?: number;
  /** No second firing earlier than this after the last one. Default 0. */
  readonly cooldownMs?: number;
  /** Default true. */
  readonly enabled?: boolean;
}

/** What a series is called. The same for every value of one key. */
export interface SeriesIdentity {
  readonly metric: string;
  readonly source: string;
  readonly labels: Readonly<Record<string, string>>;
}

const comparisonOperators = ['>', '>=', '<', '<=', '==', '!=', 'between', 'outside'] as const;

/** Throws `RangeError` or `TypeError`, naming the field, its value and what is allowed. */
export function checkRules(name: string, rules: readonly ThresholdRule[]): void {
  if (!Array.isArray(rules)) throw new TypeError(`${name} must be an array of rules`);
  const ids = new Set<string>();
  rules.forEach((rule: ThresholdRule, position) => {
    checkRule(`${name}[${position}]`, rule);
    if (ids.has(rule.id)) throw new RangeError(`${name}[${position}].id must be unique, received "${rule.id}" twice`);
    ids.add(rule.id);
  });
}

function checkRule(name: string, rule: ThresholdRule): void {
  objectOption(name, rule);
  checkText(`${name}.id`, rule.id);
  checkText(`${name}.metric`, rule.metric);
  for (const [label, pattern] of Object.entries(rule.match ?? {})) checkString(`${name}.match.${label}`, pattern);
  checkComparison(`${name}.when`, rule.when);
  if (rule.clear !== undefined) checkComparison(`${name}.clear`, rule.clear);
  durationOption(`${name}.forMs`, rule.forMs ?? 0, 0);
  durationOption(`${name}.keepFiringForMs`, rule.keepFiringForMs ?? 0, 0);
  durationOption(`${name}.cooldownMs`, rule.cooldownMs ?? 0, 0);
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
