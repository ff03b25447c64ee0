import { z } from 'zod';
import { alertCaps, isCategory } from '../model/alert.js';
import { durationPattern, parseDuration } from '../model/duration.js';
import { parseComparison } from '../model/rule.js';
import { subjectProblem } from '../model/subject.js';
import { isTemplateText, isVariable, variablePattern } from '../model/template.js';
import { isWebhookUrl, parseListen, parseNatsUrl } from './address.js';
import type { ProblemCode } from './codes.js';
import { parseSize, sizePattern } from './size.js';

/** How one kind of value is checked, explained to people, and described to editors. */
export interface Leaf {
  readonly code: ProblemCode;
  /** What it must be: `a duration`. */
  readonly what: string;
  readonly allowed?: string;
  readonly test: (value: unknown) => boolean;
  /** What was probably meant. */
  readonly hint?: (value: unknown) => string | undefined;
  /** JSON Schema. */
  readonly json: Readonly<Record<string, unknown>>;
}

const leafKey = 'leaf';

/** A zod schema for the leaf; an issue of it leads back to the leaf by {@link leafOf}. */
export function leaf<T = string>(kind: Leaf) {
  return z.custom<T>(kind.test, { params: { [leafKey]: kind } }).meta(kind.json);
}

export function leafOf(params: Readonly<Record<string, unknown>> | undefined): Leaf | undefined {
  return params?.[leafKey] as Leaf | undefined;
}

function isText(value: unknown, pattern: RegExp): value is string {
  return typeof value === 'string' && pattern.test(value);
}

function isLine(value: unknown, maxChars: number): value is string {
  return typeof value === 'string' && value.length <= maxChars && !/\p{Cc}/u.test(value);
}

interface DurationBounds {
  readonly smallestMs: number;
  /** As people write it. */
  readonly longest: string;
}

function durationLeaf(what: string, { smallestMs, longest }: DurationBounds) {
  const longestMs = parseDuration(longest)!;
  const isWithin = (ms: number) => ms >= smallestMs && ms <= longestMs;
  return leaf({
    code: 'CFG205',
    what,
    allowed: `a number with its unit, such as 500ms 30s 5m 4h 7d, at most ${longest}`,
    test: (value) => typeof value === 'string' && isWithin(parseDuration(value) ?? -1),
    hint: (value) => (typeof value === 'number' && value >= smallestMs ? `did you mean "${value}s"?` : undefined),
    json: { type: 'string', pattern: durationPattern, examples: ['500ms', '30s', '5m', '4h', '7d'] },
  });
}

export const duration = durationLeaf('a duration', { smallestMs: 0, longest: '3650d' });
export const positiveDuration = durationLeaf('a duration above zero', { smallestMs: 1, longest: '3650d' });
/** What fits into 32 bits: the ages of a rate window, and the timers of the platform. */
export const shortDuration = durationLeaf('a duration above zero', { smallestMs: 1, longest: '24.8d' });
/** Both ends wait for a multiple of it. */
export const heartbeat = durationLeaf('a duration above zero', { smallestMs: 1, longest: '1h' });

export const size = leaf<string | number>({
  code: 'CFG206',
  what: 'a size above zero',
  allowed: 'a number of bytes, or with a unit, such as 512B 64KiB 1MiB 2GiB',
  test: (value) => (typeof value === 'string' ? (parseSize(value) ?? 0) : bytes(value)) > 0,
  hint: (value) => {
    const binary = String(value).replace(/\s*([kKmMgGtT])[bB]?$/, (_, unit: string) => `${unit.toUpperCase()}iB`);
    return binary !== value && parseSize(binary) !== undefined ? `did you mean "${binary}"?` : undefined;
  },
  json: {
    anyOf: [
      { type: 'string', pattern: sizePattern },
      { type: 'integer', minimum: 1 },
    ],
    examples: ['64KiB', '1MiB'],
  },
});

function bytes(value: unknown): number {
  return Number.isSafeInteger(value) ? (value as number) : 0;
}

export const comparison = leaf({
  code: 'CFG207',
  what: 'a condition',
  allowed: '"> 80", with > >= < <= == or !=; "between [20, 30]"; "outside [20, 30]"',
  test: (value) => typeof value === 'string' && parseComparison(value) !== undefined,
  hint: comparisonHint,
  json: { type: 'string', examples: ['> 80', 'between [20, 30]'] },
});

function comparisonHint(value: unknown): string | undefined {
  if (typeof value === 'number') return `did you mean "> ${value}"?`;
  const text = String(value).trim();
  const range = /^(between|outside)\s*\[([^,\]]+),([^,\]]+)\]$/.exec(text);
  if (range && Number(range[2]) > Number(range[3])) {
    return `the lower number comes first: "${range[1]} [${range[3]!.trim()}, ${range[2]!.trim()}]"`;
  }
  const repaired = text
    .replace(/^=>/, '>=')
    .replace(/^=</, '<=')
    .replace(/^={1,3}(?!=)/, '==')
    .replace(/\s*%$/, '');
  return repaired !== text && parseComparison(repaired) ? `did you mean "${repaired}"?` : undefined;
}

/** Text of 1 to `max` characters, not blank, on one line. */
export function text(what: string, max: number) {
  return leaf({
    code: 'CFG210',
    what,
    allowed: `1 to ${max} characters on one line, not only spaces`,
    test: (value) => isLine(value, max) && value.trim() !== '',
    hint: unquotedHint,
    json: { type: 'string', minLength: 1, maxLength: max },
  });
}

function unquotedHint(value: unknown): string | undefined {
  return typeof value === 'number' || typeof value === 'boolean' ? `quote it: "${value}"` : undefined;
}

/** Text of a label, tag or pattern: may be empty. */
export const labelText = leaf({
  code: 'CFG210',
  what: 'text',
  allowed: 'up to 256 characters on one line',
  test: (value) => isLine(value, 256),
  hint: unquotedHint,
  json: { type: 'string', maxLength: 256 },
});

export const templateText = leaf({
  code: 'CFG210',
  what: 'the text of a template',
  allowed: `1 to ${alertCaps.messageBytes} characters; braces stand around a name, as in {value}, or are doubled`,
  test: (value) => typeof value === 'string' && value.length <= alertCaps.messageBytes && isTemplateText(value),
  json: { type: 'string', minLength: 1, maxLength: alertCaps.messageBytes },
});

export const variable = leaf({
  code: 'CFG210',
  what: 'the name of a variable',
  allowed: 'letters, digits and _ . -, beginning with a letter or _',
  test: isVariable,
  json: { type: 'string', pattern: variablePattern },
});

export const channelName = leaf({
  code: 'CFG210',
  what: 'the name of a channel',
  allowed: '1 to 64 characters on one line, not only spaces, not "*"',
  test: (value) => isLine(value, 64) && value.trim() !== '' && value !== '*',
  json: { type: 'string', minLength: 1, maxLength: 64 },
});

export const category = leaf({
  code: 'CFG210',
  what: 'a category',
  allowed: 'a lower-case word of a-z 0-9 _ -, such as trade risk system market performance',
  test: isCategory,
  hint: (value) => {
    const lower = String(value).trim().toLowerCase().replace(/\s+/g, '-');
    return lower !== value && isCategory(lower) ? `did you mean "${lower}"?` : undefined;
  },
  json: { type: 'string', pattern: '^[a-z][a-z0-9_-]{0,63}$' },
});

export const prefix = leaf({
  code: 'CFG211',
  what: 'one subject token',
  allowed: '1 to 32 characters of A-Z a-z 0-9 _ -',
  test: (value) => isText(value, /^[A-Za-z0-9_-]{1,32}$/),
  json: { type: 'string', pattern: '^[A-Za-z0-9_-]{1,32}$' },
});

export const subject = leaf({
  code: 'CFG211',
  what: 'a NATS subject',
  allowed: 'tokens joined by dots; * stands for one token, > as the last for all that follow',
  test: (value) => typeof value === 'string' && subjectProblem(value, { wildcards: true }) === undefined,
  hint: (value) => (typeof value === 'string' ? subjectProblem(value, { wildcards: true }) : undefined),
  json: { type: 'string', examples: ['metrics.>'] },
});

export const token = leaf({
  code: 'CFG210',
  what: 'the meaning of a subject token',
  allowed: '_ (ignored), source, name, name... (the rest, last only), or the name of a label',
  test: (value) => isText(value, /^(name\.\.\.|[A-Za-z_][\w-]{0,63})$/),
  json: { type: 'string', examples: ['_', 'source', 'name', 'name...'] },
});

export const rateKey = leaf({
  code: 'CFG203',
  what: 'a key of alerts',
  allowed: 'category, rule, source, or labels.<name>',
  test: (value) => isText(value, /^(category|rule|source|labels\.\S+)$/),
  json: { type: 'string', pattern: '^(category|rule|source|labels\\.\\S+)$' },
});

export const dedupeKey = leaf({
  code: 'CFG203',
  what: 'a field of alerts',
  allowed: 'title, message, category, severity, source, or labels.<name>',
  test: (value) => isText(value, /^(title|message|category|severity|source|labels\.\S+)$/),
  json: { type: 'string', pattern: '^(title|message|category|severity|source|labels\\.\\S+)$' },
});

export const groupField = leaf({
  code: 'CFG203',
  what: 'a field that alerts are grouped by',
  allowed: 'category, source, rule, severity, or labels.<name>',
  test: (value) => isText(value, /^(category|source|rule|severity|labels\.\S+)$/),
  json: { type: 'string', pattern: '^(category|source|rule|severity|labels\\.\\S+)$' },
});

export const natsUrl = leaf({
  code: 'CFG212',
  what: 'the address of a NATS server',
  allowed: 'nats://host:4222, tls://host:4222 or host:4222',
  test: (value) => typeof value === 'string' && parseNatsUrl(value) !== undefined,
  json: { type: 'string', examples: ['nats://127.0.0.1:4222'] },
});

export const webhookUrl = leaf({
  code: 'CFG212',
  what: 'a URL that can be posted to',
  allowed: 'http://… or https://…, without user or password',
  test: (value) => typeof value === 'string' && isWebhookUrl(value),
  json: { type: 'string', format: 'uri' },
});

export const listen = leaf<string | number>({
  code: 'CFG212',
  what: 'an address to listen on',
  allowed: '127.0.0.1:8420, localhost:8420, [::1]:8420, or a port alone',
  test: (value) => parseListen(value) !== undefined,
  json: { type: ['string', 'integer'], examples: ['127.0.0.1:8420'] },
});

export const headerName = leaf({
  code: 'CFG210',
  what: 'the name of an HTTP header',
  allowed: "letters, digits and !#$%&'*+-.^_`|~",
  test: (value) => isText(value, /^[\w!#$%&'*+.^`|~-]{1,128}$/),
  json: { type: 'string' },
});

export const headerValue = leaf({
  code: 'CFG210',
  what: 'the value of an HTTP header',
  allowed: 'printable Latin-1 text on one line',
  test: (value) => isText(value, /^[\t\x20-\x7e\x80-\xff]{0,8192}$/),
  hint: unquotedHint,
  json: { type: 'string' },
});

/** Text that is not shown again: a password, token or secret. */
export const secretText = leaf({
  code: 'CFG210',
  what: 'a secret',
  allowed: `text of 1 to 8192 characters; best as "\${NAME}" or "\${file:/path}"`,
  test: (value) => typeof value === 'string' && value.length > 0 && value.length <= 8_192,
  hint: unquotedHint,
  json: { type: 'string', minLength: 1 },
});
