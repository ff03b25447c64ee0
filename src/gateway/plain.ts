import { TocsinError } from '../model/errors.js';

const maxDepth = 8;
const maxValues = 10_000;

export function isMap(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null) return false;
  const prototype = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

export function isUint32(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= 0xffff_ffff;
}

/** Whether `value` is what JSON can say, at most 8 levels deep and 10,000 values, numbers finite. Throws `bad_message`. */
export function checkPlain(value: unknown): void {
  let seen = 0;
  const check = (part: unknown, depth: number): void => {
    if (++seen > maxValues) throw refuse(`more than ${maxValues} values`);
    if (isScalar(part)) return;
    if (depth > maxDepth) throw refuse(`more than ${maxDepth} levels deep`);
    for (const inner of innerValues(part)) check(inner, depth + 1);
  };
  check(value, 1);
}

function isScalar(value: unknown): boolean {
  if (typeof value === 'number' && !Number.isFinite(value)) throw refuse('numbers must be finite');
  return value === null || typeof value === 'string' || typeof value === 'boolean' || typeof value === 'number';
}

function innerValues(value: unknown): readonly unknown[] {
  if (Array.isArray(value)) return value;
  if (isMap(value)) return Object.values(value);
  throw refuse('only numbers, texts, booleans, null, arrays and maps are allowed');
}

function refuse(message: string): TocsinError {
  return new TocsinError('bad_message', message);
}
