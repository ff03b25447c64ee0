import { parseDuration } from '../model/duration.js';

export interface ReferenceSource {
  /** What `{{name}}` stands for; `undefined` when nothing has that name. */
  named(name: string): string | number | undefined;
  /** Wall time so long after the beginning. */
  wallAt(ms: number): number;
}

const reference = /\{\{([^{}]+)\}\}/g;

/**
 * A copy with everything filled in that is known only when the scenario runs: `{{name}}` in any text, and `@10m`, the
 * time ten minutes after the beginning, as epoch milliseconds. Throws when a name is unknown.
 */
export function resolveReferences<T>(value: T, source: ReferenceSource): T {
  return walk(value, source) as T;
}

function walk(value: unknown, source: ReferenceSource): unknown {
  if (typeof value === 'string') return fill(value, source);
  if (Array.isArray(value)) return value.map((item) => walk(item, source));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [String(fill(key, source)), walk(item, source)]),
  );
}

function fill(text: string, source: ReferenceSource): string | number {
  const moment = text.startsWith('@') ? parseDuration(text.slice(1)) : undefined;
  if (moment !== undefined) return source.wallAt(moment);
  return text.replace(reference, (_, name: string) => String(lookUp(name.trim(), source)));
}

function lookUp(name: string, source: ReferenceSource): string | number {
  const value = source.named(name);
  if (value === undefined) throw new Error(`{{${name}}} stands for nothing: no answer has that name, and no alert`);
  return value;
}
