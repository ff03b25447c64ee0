import { parseComparison } from '../model/rule.js';

/**
 * Where a value differs from what is expected, a line each; empty when it does not. A map must have the fields that are
 * expected, whatever else it has; a list must have just those items; `null` expects nothing there. A text between
 * slashes is a regular expression, over the JSON text of a map or list; for a number, a comparison such as `>= 2` may be
 * expected.
 */
export function mismatches(expected: unknown, actual: unknown, path = ''): string[] {
  if (expected === null) return isNothing(actual) ? [] : [told(path, 'nothing', actual)];
  if (Array.isArray(expected)) return listMismatches(expected, actual, path);
  if (typeof expected === 'object') return mapMismatches(expected as object, actual, path);
  return isAsExpected(expected, actual) ? [] : [told(path, shown(expected), actual)];
}

/** A value on one line. */
export function shown(value: unknown): string {
  if (value === undefined || value === null) return 'nothing';
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return text.length > 200 ? `${text.slice(0, 199)}…` : text;
}

function isNothing(value: unknown): boolean {
  return value === undefined || value === null;
}

function told(path: string, expected: string, actual: unknown): string {
  return `${path === '' ? 'it' : path}: expected ${expected}, is ${shown(actual)}`;
}

function listMismatches(expected: readonly unknown[], actual: unknown, path: string): string[] {
  if (!Array.isArray(actual)) return [told(path, shown(expected), actual)];
  const lengths = expected.length === actual.length ? [] : [told(path, `${expected.length} items`, actual)];
  return [
    ...lengths,
    ...expected.flatMap((item, i) => (i in actual ? mismatches(item, actual[i], `${path}[${i}]`) : [])),
  ];
}

function mapMismatches(expected: object, actual: unknown, path: string): string[] {
  if (typeof actual !== 'object' || actual === null) return [told(path, shown(expected), actual)];
  return Object.entries(expected).flatMap(([key, value]) => {
    const below = Object.hasOwn(actual, key) ? (actual as Readonly<Record<string, unknown>>)[key] : undefined;
    return mismatches(value, below, path === '' ? key : `${path}.${key}`);
  });
}

function isAsExpected(expected: unknown, actual: unknown): boolean {
  if (typeof expected !== 'string') return expected === actual;
  if (typeof actual === 'number') return isInRange(expected, actual);
  if (isNothing(actual)) return false;
  return expected === actual || matchesPattern(expected, typeof actual === 'string' ? actual : JSON.stringify(actual));
}

function matchesPattern(expected: string, actual: string): boolean {
  const pattern = /^\/(.+)\/$/s.exec(expected)?.[1];
  return pattern !== undefined && new RegExp(pattern).test(actual);
}

function isInRange(expected: string, actual: number): boolean {
  const range = parseComparison(expected);
  if (range === undefined) return expected === String(actual);
  switch (range.op) {
    case 'between':
      return actual >= range.low && actual <= range.high;
    case 'outside':
      return actual < range.low || actual > range.high;
    case '>':
      return actual > range.value;
    case '>=':
      return actual >= range.value;
    case '<':
      return actual < range.value;
    case '<=':
      return actual <= range.value;
    case '==':
      return actual === range.value;
    case '!=':
      return actual !== range.value;
  }
}
