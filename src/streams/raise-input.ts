import { isCategory } from '../model/alert.js';
import { TocsinError } from '../model/errors.js';
import type { Raise, RaiseWarning } from '../model/raise.js';
import { builtInTemplates } from '../model/template.js';
import { decodeBody } from './codec.js';
import type { InputMessage } from './decode.js';
import { readData } from './raise-data.js';
import {
  asFields,
  checkNames,
  cut,
  optionalText,
  readCategory,
  readEventTime,
  readLabels,
  readMessage,
  readResolveAfter,
  readSeverity,
  readStatus,
  readTags,
  readTitle,
  type Warn,
} from './raise-fields.js';
import { applyTemplate, type Templates } from './raise-template.js';

export interface RaiseDefaults {
  /** By name. Default: those that are built in. */
  readonly templates?: Templates;
  /** What the subject says; absent: `system`. */
  readonly category?: string;
  readonly resolveAfterMs: number;
  /** Time of arrival, epoch milliseconds. */
  readonly now: number;
}

const maxKeyChars = 512;
const maxItemsDefault = 10_000;

/**
 * Checks an alert that was made elsewhere and completes it. Texts over their cap are cut, and that
 * and fields that are unknown are warned about.
 * Throws `not_an_object`, `field_missing`, `field_invalid`, `time_invalid` or `template_unknown`, naming the field.
 */
export function parseRaise(input: unknown, defaults: RaiseDefaults): Raise {
  const raw = asFields(input);
  const warnings: RaiseWarning[] = [];
  const warn: Warn = (code, field, variable) =>
    warnings.push({ code, field, ...(variable === undefined ? {} : { variable }) });
  checkNames(raw, warn);
  const fields = applyTemplate(raw, defaults.templates ?? builtInTemplates, warn);
  const status = readStatus(fields);
  const key = optionalText(fields, 'key', maxKeyChars);
  return {
    title: readTitle(fields, status === 'resolved' ? key : undefined, warn),
    message: readMessage(fields, warn),
    severity: readSeverity(fields),
    category: readCategory(fields, defaults.category),
    source: cut(optionalText(fields, 'source') ?? optionalText(fields, 'host') ?? '', 'source', warn),
    labels: readLabels(fields, warn),
    tags: readTags(fields, warn),
    data: readData(fields['data'], warn),
    ...(key === undefined ? {} : { key }),
    status,
    resolveAfterMs: readResolveAfter(fields) ?? defaults.resolveAfterMs,
    time: readEventTime(fields, defaults.now, warn),
    warnings,
  };
}

export interface RaiseDecoding {
  /** The ingest pattern: the token under its first wildcard is the category. Default `alerts.>`. */
  readonly subject?: string;
  readonly resolveAfterMs: number;
  /** Default 10,000. */
  readonly maxItems?: number;
  /** Time of arrival, epoch milliseconds. */
  readonly now: number;
  /** By name. Default: those that are built in. */
  readonly templates?: Templates;
}

export interface DecodedRaises {
  /** Whether the message held an array: it is answered by one. */
  readonly isArray: boolean;
  /** By position. */
  readonly items: readonly (Raise | TocsinError)[];
}

/** The alerts of one input message, good ones and refused ones. Never throws. */
export function decodeRaises(message: InputMessage, options: RaiseDecoding): DecodedRaises {
  const { resolveAfterMs, now, templates, maxItems = maxItemsDefault } = options;
  try {
    const body = decodeBody(message.data, message.header('content-type'), 'auto');
    const category = subjectCategory(options.subject ?? 'alerts.>', message.subject);
    const given = {
      ...(category === undefined ? {} : { category }),
      ...(templates === undefined ? {} : { templates }),
    };
    const defaults = { resolveAfterMs, now, ...given };
    if (!Array.isArray(body)) return { isArray: false, items: [attempt(body, defaults)] };
    if (body.length > maxItems) return { isArray: false, items: [tooMany(body.length, maxItems)] };
    return { isArray: true, items: body.map((item) => attempt(item, defaults)) };
  } catch (error) {
    return { isArray: false, items: [asTocsinError(error)] };
  }
}

function attempt(item: unknown, defaults: RaiseDefaults): Raise | TocsinError {
  try {
    return parseRaise(item, defaults);
  } catch (error) {
    return asTocsinError(error);
  }
}

/** `undefined` when the subject has no token there, or none that can be a category. */
function subjectCategory(pattern: string, subject: string): string | undefined {
  const at = pattern.split('.').findIndex((token) => token === '*' || token === '>');
  const token = at < 0 ? undefined : subject.split('.')[at]?.toLowerCase();
  return isCategory(token) ? token : undefined;
}

function tooMany(count: number, allowed: number): TocsinError {
  return new TocsinError('too_many_points', `${count} alerts in one message, ${allowed} are allowed`);
}

function asTocsinError(error: unknown): TocsinError {
  return error instanceof TocsinError ? error : new TocsinError('internal', 'unexpected failure', { cause: error });
}
