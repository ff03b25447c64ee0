import type { Finding, Path } from './problems.js';

/**
 * Maps with the key `__proto__`, which the schema leaves out without a word: a matcher less, and a rule looks at more than
 * was written. `known`: findings of what is wrong with the shape, which may name it already.
 */
export function reservedKeys(tree: unknown, known: readonly Finding[]): Finding[] {
  const isKnown = (path: Path) => known.some((finding) => `${finding.path}` === `${path}`);
  return pathsTo('__proto__', tree, [])
    .filter((path) => !isKnown(path))
    .map((path) => ({
      code: 'CFG210',
      message: '"__proto__" cannot be a name or a key',
      path,
      at: 'key',
      allowed: 'any other name',
    }));
}

function pathsTo(key: string, value: unknown, path: Path): Path[] {
  if (typeof value !== 'object' || value === null) return [];
  const below = Object.entries(value).flatMap(([name, item]) => pathsTo(key, item, [...path, stepOf(value, name)]));
  return Object.hasOwn(value, key) ? [[...path, key], ...below] : below;
}

function stepOf(parent: object, name: string): string | number {
  return Array.isArray(parent) ? Number(name) : name;
}
