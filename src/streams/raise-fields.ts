import { alertCaps, isCategory } from '../model/alert.js';
import { cutBytes, cutChars } from '../model/cut.js';
import { longestDurationMs, parseDuration } from '../model/duration.js';
import { TocsinError } from '../model/errors.js';
import type { Raise, RaiseWarningCode } from '../model/raise.js';
import type { Labels } from '../model/series.js';
import { isSeverity, type Severity, severities } from '../model/severity.js';
import { readTime } from './input-time.js';

/** Readers of the single fields of an alert. Each throws a TocsinError that names the field and what is allowed. */

export type Fields = Readonly<Record<string, unknown>>;
/** Notes that a field was used otherwise than given. */
export type Warn = (code: RaiseWarningCode, field: string, variable?: string) => void;

const maxAheadMs = 60_000;
const statuses = ['firing', 'resolved', 'event'] as const;

const knownFields: ReadonlySet<string> = new Set([
  'title',
  'message',
  'severity',
  'priority',
  'category',
  'source',
  'host',
  'labels',
  'tags',
  'data',
  'key',
  'status',
  'resolveAfter',
  'time',
  'timestamp',
  'template',
  'context',
]);
/** Enough to find a slip of the pen; an answer must not grow with what it answers. */
const maxUnknownFields = 8;

/** A field that nobody reads is most likely misspelt. */
export function checkNames(fields: Fields, warn: Warn): void {
  const unknown = Object.keys(fields).filter((name) => !knownFields.has(name));
  for (const name of unknown.slice(0, maxUnknownFields)) warn('field_unknown', cutChars(name, alertCaps.labelChars));
}

export function asFields(input: unknown): Fields {
  if (typeof input === 'object' && input !== null && !Array.isArray(input)) return input as Fields;
  throw new TocsinError('not_an_object', 'an alert must be a map of fields', { allowed: 'a map with a title' });
}

export function readStatus(fields: Fields): Raise['status'] {
  const value = fields['status'] ?? 'firing';
  if ((statuses as readonly unknown[]).includes(value)) return value as Raise['status'];
  throw invalid('status', value, `one of ${statuses.join(', ')}`);
}

/** A `resolved` needs no title when it has the key. */
export function readTitle(fields: Fields, fallback: string | undefined, warn: Warn): string {
  const title = optionalText(fields, 'title') ?? fallback;
  if (title === undefined) {
    throw new TocsinError('field_missing', 'title is required', {
      field: 'title',
      allowed: 'a text that is not blank',
    });
  }
  return cut(title, 'title', warn, alertCaps.titleChars);
}

export function readMessage(fields: Fields, warn: Warn): string {
  const value = fields['message'] ?? '';
  if (typeof value !== 'string') throw invalid('message', value, 'a text');
  const message = cutBytes(value, alertCaps.messageBytes);
  if (message !== value) warn('truncated', 'message');
  return message;
}

export function readSeverity(fields: Fields): Severity {
  const field = fields['severity'] == null && fields['priority'] != null ? 'priority' : 'severity';
  const value = fields[field] ?? 'medium';
  if (isSeverity(value)) return value;
  throw invalid(field, value, `one of ${severities.join(', ')}`);
}

export function readCategory(fields: Fields, fallback: string | undefined): string {
  const value = fields['category'] ?? fallback ?? 'system';
  if (isCategory(value)) return value;
  throw invalid('category', value, 'a lower-case word of letters, digits, - and _');
}

/** The map of labels; `tags` given as a map are labels too. */
export function readLabels(fields: Fields, warn: Warn): Labels {
  const entries = [...mapEntries(fields, 'tags', true), ...mapEntries(fields, 'labels', false)];
  if (entries.length > alertCaps.labels) warn('truncated', 'labels');
  const kept = entries.slice(0, alertCaps.labels).map(([name, value]) => {
    if (!isScalar(value)) throw invalid(`labels.${cutChars(name, alertCaps.labelChars)}`, value, 'a text');
    return [cut(name, 'labels', warn), cut(String(value), `labels.${name}`, warn)] as const;
  });
  return Object.fromEntries(kept.sort(([a], [b]) => (a < b ? -1 : 1)));
}

function mapEntries(fields: Fields, field: string, listAllowed: boolean): [string, unknown][] {
  const value = fields[field];
  if (value === undefined || value === null || (listAllowed && Array.isArray(value))) return [];
  if (typeof value === 'object' && !Array.isArray(value)) return Object.entries(value);
  throw invalid(field, value, listAllowed ? 'a list of texts or a map of texts' : 'a map of texts');
}

export function readTags(fields: Fields, warn: Warn): string[] {
  const value = fields['tags'];
  if (!Array.isArray(value)) return [];
  if (value.length > alertCaps.labels) warn('truncated', 'tags');
  return value.slice(0, alertCaps.labels).map((tag: unknown, i) => {
    if (!isScalar(tag)) throw invalid(`tags[${i}]`, tag, 'a text');
    return cut(String(tag), `tags[${i}]`, warn);
  });
}

export function readResolveAfter(fields: Fields): number | undefined {
  const value = fields['resolveAfter'];
  if (value === undefined || value === null) return undefined;
  const ms = typeof value === 'string' ? parseDuration(value) : value;
  if (typeof ms === 'number' && ms > 0 && ms <= longestDurationMs) return ms;
  throw invalid('resolveAfter', value, 'a duration such as 30m, or milliseconds above 0');
}

/** An alert may be reported late, but not before it happens. */
export function readEventTime(fields: Fields, now: number, warn: Warn): number {
  const value = fields['time'] ?? fields['timestamp'];
  if (value === undefined || value === null) return now;
  const time = readTime(value);
  if (Number.isNaN(time)) {
    const allowed = 'an epoch number or an ISO 8601 text';
    throw new TocsinError('time_invalid', `time must be ${allowed}`, { field: 'time', value, allowed });
  }
  if (time <= now + maxAheadMs) return time;
  warn('time_skewed', 'time');
  return now;
}

/** A text that is not blank, or nothing. */
export function optionalText(fields: Fields, field: string, maxChars = Number.POSITIVE_INFINITY): string | undefined {
  const value = fields[field];
  if (value === undefined || value === null) return undefined;
  if (typeof value === 'string' && value.trim() !== '' && value.length <= maxChars) return value;
  throw invalid(
    field,
    value,
    maxChars === Number.POSITIVE_INFINITY ? 'a text that is not blank' : `1 to ${maxChars} characters`,
  );
}

export function cut(text: string, field: string, warn: Warn, maxChars: number = alertCaps.labelChars): string {
  const short = cutChars(text, maxChars);
  if (short !== text) warn('truncated', field);
  return short;
}

function isScalar(value: unknown): boolean {
  return (
    typeof value === 'string' || typeof value === 'boolean' || (typeof value === 'number' && Number.isFinite(value))
  );
}

function invalid(field: string, value: unknown, allowed: string): TocsinError {
  return new TocsinError('field_invalid', `${field} must be ${allowed}`, { field, value, allowed });
}
