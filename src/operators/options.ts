/**
 * Checks of option values, made once, when an operator is created. `name` is the option's path, as in
 * `rateLimit.windows[0].max`. A wrong type throws `TypeError`, a wrong value `RangeError`; both name the option, the
 * value and what is allowed.
 */

/** What a `Map` can hold. */
const mostKeys = 2 ** 24;

const finite = 'a finite number';

/** How many keys an operator remembers unless told otherwise. */
export const defaultMaxKeys = 100_000;

export function integerOption(name: string, value: unknown, least: number, most: number): number {
  const allowed = `an integer from ${least} to ${most}`;
  if (typeof value !== 'number') throw wrongType(name, value, allowed);
  if (!Number.isInteger(value) || value < least || value > most) throw wrongValue(name, value, allowed);
  return value;
}

export function maxKeysOption(name: string, value: unknown = defaultMaxKeys): number {
  return integerOption(name, value, 1, mostKeys);
}

export function finiteOption(name: string, value: unknown): void {
  if (typeof value !== 'number') throw wrongType(name, value, 'a number');
  if (!Number.isFinite(value)) throw wrongValue(name, value, finite);
}

/** A finite number of milliseconds, `least` or more. */
export function durationOption(name: string, value: unknown, least: number): number {
  const allowed = `${finite} of milliseconds, ${least} or more`;
  if (typeof value !== 'number') throw wrongType(name, value, allowed);
  if (!Number.isFinite(value) || value < least) throw wrongValue(name, value, allowed);
  return value;
}

export function choiceOption<C extends string>(name: string, value: unknown, choices: readonly C[]): C {
  const allowed = `one of ${choices.map((choice) => `'${choice}'`).join(', ')}`;
  if (typeof value !== 'string') throw wrongType(name, value, allowed);
  const chosen = choices.find((choice) => choice === value);
  if (chosen === undefined) throw wrongValue(name, value, allowed);
  return chosen;
}

export function booleanOption(name: string, value: unknown): void {
  if (typeof value !== 'boolean') throw wrongType(name, value, 'true or false');
}

export function textOption(name: string, value: unknown): void {
  if (typeof value !== 'string') throw new TypeError(`${name} must be a string, received ${typeof value}`);
}

/** A text that is not empty. */
export function nameOption(name: string, value: unknown): void {
  textOption(name, value);
  if (value === '') throw new RangeError(`${name} must not be empty`);
}

/** Notes an id; throws when it is there already. */
export function uniqueId(name: string, id: string, ids: Set<string>): void {
  nameOption(name, id);
  if (ids.has(id)) throw new RangeError(`${name} must be unique, received ${JSON.stringify(id)} twice`);
  ids.add(id);
}

export function functionOption(name: string, value: unknown): void {
  if (typeof value !== 'function') throw wrongType(name, value, 'a function');
}

export function objectOption(name: string, value: unknown): void {
  if (typeof value !== 'object' || value === null) throw wrongType(name, value, 'an object');
}

export function arrayOption(name: string, value: unknown): void {
  if (!Array.isArray(value)) throw wrongType(name, value, 'an array');
  if (value.length === 0) throw new RangeError(`${name} must not be empty`);
}

function wrongType(name: string, value: unknown, allowed: string): TypeError {
  return new TypeError(`${name} must be ${allowed}, received ${shown(value)}`);
}

function wrongValue(name: string, value: unknown, allowed: string): RangeError {
  return new RangeError(`${name} must be ${allowed}, received ${shown(value)}`);
}

function shown(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value);
  if (Array.isArray(value)) return 'an array';
  if (typeof value === 'object' && value !== null) return 'an object';
  return typeof value === 'function' ? 'a function' : String(value);
}
