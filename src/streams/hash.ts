import { createHash } from 'node:crypto';

/** First 16 hex digits of SHA-256: short enough for a subject token, long enough to be unique here. */
export function shortHash(text: string): string {
  // Not a part of the longer text: that would stay in memory with it.
  return createHash('sha256').update(text).digest().toString('hex', 0, 8);
}

/** Identity of content: the parts in order, separated so that they cannot run into each other. */
export function contentHash(parts: readonly string[]): string {
  return shortHash(parts.join('\u0000'));
}
