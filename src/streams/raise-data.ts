import { alertCaps } from '../model/alert.js';
import { cutBytes } from '../model/cut.js';
import { TocsinError } from '../model/errors.js';
import type { Warn } from './raise-fields.js';

const maxDepth = 32;
/** JSON inside JSON: each byte may need an escape, and the map around it some more. */
const cutTextBytes = alertCaps.dataBytes / 2 - 32;

/**
 * The free `data` of an alert as plain JSON. Too much of it is replaced by `{truncated}`, the beginning of its text.
 * Throws `field_invalid` when it is no map, nests deeper than 32 levels, or cannot be JSON.
 */
export function readData(value: unknown, warn: Warn): Readonly<Record<string, unknown>> {
  if (value === undefined || value === null) return {};
  if (typeof value !== 'object' || Array.isArray(value)) throw invalid('a map');
  if (!isShallow(value, maxDepth)) throw invalid(`a map of at most ${maxDepth} levels`);
  const text = toJson(value);
  if (Buffer.byteLength(text) <= alertCaps.dataBytes) return JSON.parse(text);
  warn('truncated', 'data');
  return { truncated: cutBytes(text, cutTextBytes) };
}

function toJson(value: object): string {
  try {
    return JSON.stringify(value);
  } catch {
    throw invalid('a map of JSON values');
  }
}

function isShallow(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return true;
  if (levels === 0) return false;
  return Object.values(value).every((inner) => isShallow(inner, levels - 1));
}

function invalid(allowed: string): TocsinError {
  return new TocsinError('field_invalid', `data must be ${allowed}`, { field: 'data', allowed });
}
