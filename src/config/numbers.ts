import { parseDuration } from '../model/duration.js';
import { parseSize } from './size.js';

/** Milliseconds of a duration that was checked before, or the fallback when there is none. */
export function ms(text: string | undefined, fallback: number): number {
  return text === undefined ? fallback : (parseDuration(text) ?? fallback);
}

/** `{[key]: milliseconds}`, or `{}` when there is no duration. */
export function optionalMs<Key extends string>(key: Key, text: string | undefined): { [K in Key]?: number } {
  return text === undefined ? {} : ({ [key]: ms(text, 0) } as { [K in Key]: number });
}

/** Bytes of a size that was checked before, or the fallback when there is none. */
export function bytes(size: string | number | undefined, fallback: number): number {
  return typeof size === 'string' ? (parseSize(size) ?? fallback) : (size ?? fallback);
}
