import { formatPath, type Path } from './problems.js';

/** What is left of a value when everything of the wrong shape is taken out: any part may be missing. */
export type Salvaged<T> = T extends readonly (infer Item)[]
  ? readonly (Salvaged<Item> | undefined)[]
  : T extends object
    ? { readonly [Key in keyof T]?: Salvaged<T[Key]> | undefined }
    : T;

/** A copy of the tree without what stands at `paths`; list items keep their index. */
export function salvage(tree: unknown, paths: readonly Path[]): unknown {
  const removed = new Set(paths.map(formatPath));
  const copy = (value: unknown, path: Path): unknown => {
    if (removed.has(formatPath(path))) return undefined;
    if (Array.isArray(value)) return value.map((item, i) => copy(item, [...path, i]));
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, copy(item, [...path, key])]));
  };
  return copy(tree, []) ?? {};
}
