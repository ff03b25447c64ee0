import type { Actor } from '../model/command.js';
import { TocsinError } from '../model/errors.js';

/** The arguments of a command, not yet checked. */
export type Args = Readonly<Record<string, unknown>>;

const maxTextChars = 1_024;
/** No date is later. */
const latestTime = 8.64e15;

/** With authentication the authenticated name wins; the name that was given is kept beside it. */
export function who(args: Args, actor: Actor): { by: string; onBehalfOf?: string } {
  if (!actor.authenticated) return { by: text(args, 'by') };
  const given = optionalText(args, 'by');
  return given === undefined || given === actor.name ? { by: actor.name } : { by: actor.name, onBehalfOf: given };
}

export function asFields(args: unknown): Args {
  if (typeof args === 'object' && args !== null && !Array.isArray(args)) return args as Args;
  throw new TocsinError('not_an_object', 'the arguments of a command must be a map of fields', { field: 'args' });
}

/** A misspelt argument would do more than was meant: take away all, or acknowledge for ever. */
export function only(args: Args, known: readonly string[]): void {
  const field = Object.keys(args).find((name) => !known.includes(name));
  if (field === undefined) return;
  const message = `${field.slice(0, 64)} is no argument of this command; known are ${known.join(', ')}`;
  throw new TocsinError('field_invalid', message, { field: field.slice(0, 64), allowed: known.join(', ') });
}

export function text(args: Args, field: string): string {
  const value = optionalText(args, field);
  if (value !== undefined) return value;
  throw new TocsinError('field_missing', `${field} is required`, { field, allowed: 'a text that is not blank' });
}

export function optionalText(args: Args, field: string): string | undefined {
  const value = args[field];
  if (value === undefined || value === null) return undefined;
  if (typeof value === 'string' && value.trim() !== '' && value.length <= maxTextChars) return value;
  const allowed = `a text of 1 to ${maxTextChars} characters`;
  throw new TocsinError('field_invalid', `${field} must be ${allowed}`, { field, value, allowed });
}

/** Epoch milliseconds or ISO 8601; it must lie ahead. */
export function optionalTime(args: Args, field: string, now: number): number | undefined {
  const value = args[field];
  if (value === undefined || value === null) return undefined;
  const time = typeof value === 'number' ? value : typeof value === 'string' ? Date.parse(value) : Number.NaN;
  if (time > now && time <= latestTime) return time;
  const allowed = 'a time in the future, as epoch milliseconds or ISO 8601';
  throw new TocsinError('time_invalid', `${field} must be ${allowed}`, { field, value, allowed });
}
