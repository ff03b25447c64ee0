import { TocsinError } from '../model/errors.js';
import { mutingFields } from '../model/muting.js';
import { type SilenceMatcher, type SilenceOp, silenceOps } from '../model/silence.js';
import { type CompiledMatchers, compileMatchers } from '../operators/parts/matchers.js';
import type { Args } from './command-args.js';
import { labelMatcher } from './mute-matchers.js';

/** What a `silence` command says, checked. */

const maxMatchers = 32;
const maxNameChars = 64;
const maxValueChars = 256;
/** The last moment that a date can be. */
const lastTime = 8.64e15;

export interface SilenceTimes {
  readonly startsAt: number;
  readonly endsAt: number;
}

/** Throws `silence_invalid`, naming the matcher and the field. */
export function readMatchers(args: Args): readonly SilenceMatcher[] {
  const { matchers } = args;
  if (!Array.isArray(matchers) || matchers.length === 0 || matchers.length > maxMatchers) {
    throw invalid('matchers', matchers, `a list of 1 to ${maxMatchers} matchers {name, op, value}`);
  }
  const read = matchers.map((matcher: unknown, i) => readMatcher(`matchers[${i}]`, matcher));
  compiled(read);
  return read;
}

/** Ready to be asked. Throws `silence_invalid` for a pattern that is none. */
export function compiled(matchers: readonly SilenceMatcher[]): CompiledMatchers {
  matchers.forEach((matcher, i) => {
    try {
      compileMatchers([labelMatcher(matcher)]);
    } catch (cause) {
      const problem = cause instanceof Error ? cause.message.replace(/^.*: /s, '') : '';
      throw invalid(`matchers[${i}].value`, matcher.value, `a pattern that can be read (${problem})`);
    }
  });
  return compileMatchers(matchers.map(labelMatcher));
}

/** `startsAt` is now unless given. Throws `field_missing`, `silence_invalid`. */
export function readTimes(args: Args, now: number): SilenceTimes {
  if (args['endsAt'] === undefined || args['endsAt'] === null) {
    throw new TocsinError('field_missing', 'endsAt is required', { field: 'endsAt', allowed: allowedTime });
  }
  const startsAt = readTime(args, 'startsAt') ?? now;
  const endsAt = readTime(args, 'endsAt') ?? now;
  if (endsAt <= now) throw invalid('endsAt', args['endsAt'], 'a time in the future');
  if (endsAt <= startsAt) throw invalid('endsAt', args['endsAt'], 'a time later than startsAt');
  return { startsAt, endsAt };
}

/** Whether only what it would mute is asked. */
export function isDryRun({ dryRun }: Args): boolean {
  if (dryRun === undefined || typeof dryRun === 'boolean') return dryRun ?? false;
  throw invalid('dryRun', dryRun, 'true or false');
}

function readMatcher(field: string, matcher: unknown): SilenceMatcher {
  if (typeof matcher !== 'object' || matcher === null || Array.isArray(matcher)) {
    throw invalid(field, matcher, 'a map {name, op, value}');
  }
  const { name, op, value, ...rest } = matcher as Readonly<Record<string, unknown>>;
  const [unknown] = Object.keys(rest);
  if (unknown !== undefined) throw invalid(`${field}.${unknown}`, rest[unknown], 'absent; known are name, op, value');
  if (!isText(name, maxNameChars) || name === '') throw invalid(`${field}.name`, name, allowedName);
  if (!isText(value, maxValueChars))
    throw invalid(`${field}.value`, value, `a text of at most ${maxValueChars} characters`);
  return { name, op: readOp(`${field}.op`, op, name), value };
}

function readOp(field: string, op: unknown, name: string): SilenceOp {
  const allowed: readonly unknown[] = name === 'tag' ? ['=', '!='] : silenceOps;
  if (allowed.includes(op)) return op as SilenceOp;
  throw invalid(field, op, `${name === 'tag' ? 'for tags ' : ''}one of ${allowed.join(' ')}`);
}

function readTime(args: Args, field: string): number | undefined {
  const value = args[field];
  if (value === undefined || value === null) return undefined;
  const time = typeof value === 'number' ? value : typeof value === 'string' ? Date.parse(value) : Number.NaN;
  if (Number.isFinite(time) && Math.abs(time) <= lastTime) return time;
  throw invalid(field, value, allowedTime);
}

const allowedTime = 'epoch milliseconds or ISO 8601';
const allowedName = `the name of a label, of 1 to ${maxNameChars} characters, or ${mutingFields.join(', ')}`;

function isText(value: unknown, maxChars: number): value is string {
  return typeof value === 'string' && value.length <= maxChars;
}

function invalid(field: string, value: unknown, allowed: string): TocsinError {
  return new TocsinError('silence_invalid', `${field} must be ${allowed}`, { field, value, allowed });
}
