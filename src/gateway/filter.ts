import { alertStates, isCategory } from '../model/alert.js';
import { TocsinError } from '../model/errors.js';
import type { Series } from '../model/series.js';
import { isSeverity, severities, severityRank } from '../model/severity.js';
import type { AlertView } from '../model/view.js';
import { compileWildcard } from '../model/wildcard.js';
import type { Filter, Topic } from '../model/wire.js';
import { isMap } from './plain.js';

type Test<T> = (item: T) => boolean;

const keysByTopic: Readonly<Record<Topic, readonly string[]>> = {
  alerts: ['minSeverity', 'severity', 'category', 'state', 'source', 'labels', 'rule'],
  metrics: ['source', 'labels'],
  stats: [],
};

const maxListItems = 64;
const maxTextChars = 256;

/** Checks what a client gave as `filter` of a subscription to `topic`. Throws `filter_invalid`. */
export function checkFilter(input: unknown, topic: Topic): Filter {
  if (!isMap(input)) throw invalid('filter', input, 'an object');
  const known = keysByTopic[topic];
  for (const key of Object.keys(input)) {
    if (!known.includes(key)) throw invalid(`filter.${key}`, input[key], `for ${topic}: ${known.join(', ') || 'none'}`);
  }
  if (input['minSeverity'] !== undefined && !isSeverity(input['minSeverity'])) {
    throw invalid('filter.minSeverity', input['minSeverity'], severities.join(', '));
  }
  checkList(input, 'severity', isSeverity, severities.join(', '));
  checkList(input, 'category', isCategory, 'lower-case words');
  checkList(input, 'state', (item) => (alertStates as readonly unknown[]).includes(item), alertStates.join(', '));
  checkList(input, 'rule', isText, 'rule ids');
  if (input['source'] !== undefined && !isText(input['source']))
    throw invalid('filter.source', input['source'], 'a text');
  checkLabels(input['labels']);
  return input as Filter;
}

/** All that is given must match. */
export function alertFilter(filter: Filter): Test<AlertView> {
  const tests: Test<AlertView>[] = [];
  const { minSeverity, severity, category, state, rule, source, labels } = filter;
  if (minSeverity !== undefined) {
    const least = severityRank(minSeverity);
    tests.push((alert) => severityRank(alert.severity) >= least);
  }
  if (severity !== undefined) tests.push((alert) => severity.includes(alert.severity));
  if (category !== undefined) tests.push((alert) => category.includes(alert.category));
  if (state !== undefined) tests.push((alert) => state.includes(alert.state));
  if (rule !== undefined) tests.push((alert) => alert.rule !== undefined && rule.includes(alert.rule));
  tests.push(...originTests(source, labels));
  return all(tests);
}

export function seriesFilter(filter: Filter): Test<Series> {
  return all(originTests(filter.source, filter.labels));
}

function originTests(source: Filter['source'], labels: Filter['labels']): Test<Pick<Series, 'source' | 'labels'>>[] {
  const tests: Test<Pick<Series, 'source' | 'labels'>>[] = [];
  if (source !== undefined) {
    const matches = compileWildcard(source);
    tests.push((item) => matches(item.source));
  }
  for (const [name, pattern] of Object.entries(labels ?? {})) {
    const matches = compileWildcard(pattern);
    tests.push((item) => Object.hasOwn(item.labels, name) && matches(item.labels[name]!));
  }
  return tests;
}

function all<T>(tests: readonly Test<T>[]): Test<T> {
  if (tests.length === 0) return () => true;
  if (tests.length === 1) return tests[0]!;
  return (item) => tests.every((test) => test(item));
}

function checkList(
  input: Record<string, unknown>,
  key: string,
  valid: (item: unknown) => boolean,
  allowed: string,
): void {
  const list = input[key];
  if (list === undefined) return;
  const sound = Array.isArray(list) && list.length > 0 && list.length <= maxListItems && list.every(valid);
  if (!sound) throw invalid(`filter.${key}`, list, `a list of 1 to ${maxListItems} of: ${allowed}`);
}

function checkLabels(labels: unknown): void {
  if (labels === undefined) return;
  const sound =
    isMap(labels) &&
    Object.keys(labels).length <= maxListItems &&
    Object.entries(labels).every(([name, pattern]) => name.length <= maxTextChars && isText(pattern));
  if (!sound) throw invalid('filter.labels', labels, `a map of at most ${maxListItems} texts`);
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value.length > 0 && value.length <= maxTextChars;
}

function invalid(field: string, value: unknown, allowed: string): TocsinError {
  return new TocsinError('filter_invalid', `${field} is not valid; allowed: ${allowed}`, { field, value, allowed });
}
