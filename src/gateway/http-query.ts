import { alertStates, isCategory } from '../model/alert.js';
import { TocsinError } from '../model/errors.js';
import { isSeverity, severities } from '../model/severity.js';
import type { AlertQuery } from './ports.js';

const maxLimit = 1_000;
const defaultDeadLimit = 100;
const maxTextChars = 256;

type Reader = (text: string) => unknown;

/** How each parameter of `GET /v1/alerts` is read; `undefined` means that its value is bad. */
const readers: Readonly<Record<keyof AlertQuery, { readonly read: Reader; readonly allowed: string }>> = {
  state: listOf((item) => (alertStates as readonly string[]).includes(item), alertStates.join(', ')),
  severity: listOf(isSeverity, severities.join(', ')),
  minSeverity: oneOf(severities),
  category: listOf(isCategory, 'lower-case words'),
  source: { read: text, allowed: 'a text, * for any run of characters' },
  rule: listOf((item) => text(item) !== undefined, 'rule ids'),
  since: { read: time, allowed: 'epoch milliseconds or an ISO 8601 time' },
  sort: oneOf(['time', 'severity']),
  limit: { read: limit, allowed: `an integer from 1 to ${maxLimit}` },
  cursor: { read: text, allowed: 'the cursor of the page before' },
};

/** Reads the parameters of `GET /v1/alerts`. Lists are given with commas, or by repeating. Throws `query_invalid`. */
export function readAlertQuery(parameters: URLSearchParams): AlertQuery {
  const query: Record<string, unknown> = {};
  for (const name of new Set(parameters.keys())) {
    if (!Object.hasOwn(readers, name)) throw invalid(name, `unknown; known: ${Object.keys(readers).join(', ')}`);
    const { read, allowed } = readers[name as keyof AlertQuery];
    const value = read(parameters.getAll(name).join(','));
    if (value === undefined) throw invalid(name, `must be ${allowed}`);
    query[name] = value;
  }
  return query;
}

/** Reads the parameters of `GET /v1/deliveries`: how many dead letters. Throws `query_invalid`. */
export function readDeadLimit(parameters: URLSearchParams): number {
  for (const name of parameters.keys()) {
    if (name !== 'status' && name !== 'limit') throw invalid(name, 'unknown; known: status, limit');
  }
  if ((parameters.get('status') ?? 'dead') !== 'dead') throw invalid('status', 'must be dead');
  const given = parameters.get('limit');
  const count = given === null ? defaultDeadLimit : limit(given);
  if (count === undefined) throw invalid('limit', `must be an integer from 1 to ${maxLimit}`);
  return count;
}

function listOf(valid: (item: string) => boolean, allowed: string): { read: Reader; allowed: string } {
  const read = (given: string) => {
    const items = given.split(',').map((item) => item.trim());
    return items.every(valid) ? items : undefined;
  };
  return { read, allowed: `a list of: ${allowed}` };
}

function oneOf(values: readonly string[]): { read: Reader; allowed: string } {
  return { read: (given) => (values.includes(given) ? given : undefined), allowed: `one of ${values.join(', ')}` };
}

function text(given: string): string | undefined {
  return given.length > 0 && given.length <= maxTextChars ? given : undefined;
}

function time(given: string): number | undefined {
  const at = /^\d+$/.test(given) ? Number(given) : Date.parse(given);
  return Number.isSafeInteger(at) ? at : undefined;
}

function limit(given: string): number | undefined {
  const count = Number(given);
  return /^\d+$/.test(given) && count >= 1 && count <= maxLimit ? count : undefined;
}

function invalid(field: string, problem: string): TocsinError {
  return new TocsinError('query_invalid', `${field}: ${problem}`, { field });
}
