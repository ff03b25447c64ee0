import { TocsinError } from '../model/errors.js';

const maxDepth = 8;

export function isMap(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null) return false;
  const prototype = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

export function isUint32(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= 0xffff_ffff;
}

/** Whether `value` is what JSON can say, at most 8 levels deep, with finite numbers. Throws `bad_message`. */
export function checkPlain(value: unknown, depth = 1): void {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return;
  if (typeof value === 'number') {
    if (!Number.isFinite(value)) throw new TocsinError('bad_message', 'numbers must be finite');
    return;
  }
  if (depth > maxDepth) throw new TocsinError('bad_message', `more than ${maxDepth} levels deep`);
  if (Array.isArray(value)) for (const item of value) checkPlain(item, depth + 1);
  else if (isMap(value)) for (const key of Object.keys(value)) checkPlain(value[key], depth + 1);
  else throw new TocsinError('bad_message', 'only numbers, texts, booleans, null, arrays and maps are allowed');
}
