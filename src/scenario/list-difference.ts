import { mismatches, shown } from './match.js';
import type { Item } from './schema.js';

/** One thing that happened or is there, as a list of expectations looks at it. */
export interface Shown {
  /** As a failure shows it. */
  readonly line: string;
  /** Texts that stand for it in a list of expectations, beside the line itself. */
  readonly texts?: readonly string[];
  readonly fields: object;
}

/**
 * What is missing from a list and what is too much in it, line by line; nothing when it is just as expected.
 * `anyOrder`: things of one moment have none.
 */
export function listDifference(
  expected: readonly Item[],
  actual: readonly Shown[],
  { anyOrder = false } = {},
): string[] | undefined {
  const pairs = anyOrder ? matched(expected, actual) : aligned(expected, actual);
  if (pairs.every(({ item, is }) => item !== undefined && is !== undefined)) return undefined;
  return pairs.flatMap(({ item, is }, i) => {
    if (item === undefined) return [`+ ${is!.line}   (not expected)`];
    if (is !== undefined) return [`  ${is.line}`];
    const next = pairs[i + 1];
    const instead = next?.item === undefined ? next?.is : undefined;
    return [`- ${lineOf(item)}   (did not come)`, ...whyNot(item, instead).map((reason) => `      ${reason}`)];
  });
}

interface Pair {
  readonly item?: Item;
  readonly is?: Shown;
}

function isLike(item: Item, { line, texts = [], fields }: Shown): boolean {
  if (typeof item !== 'string') return mismatches(item, fields).length === 0;
  return [line, ...texts].some((text) => mismatches(item, text).length === 0);
}

/** Of a map that nearly fits, the fields that do not. */
function whyNot(item: Item, instead: Shown | undefined): string[] {
  return typeof item === 'string' || instead === undefined ? [] : mismatches(item, instead.fields);
}

function lineOf(item: Item): string {
  return typeof item === 'string' ? item : shown(item);
}

/** Pairs what fits in any order, as many as can be: augmenting paths. */
function matched(expected: readonly Item[], actual: readonly Shown[]): Pair[] {
  const takenBy = new Map<number, number>();
  const place = (i: number, tried: Set<number>): boolean =>
    actual.some((is, j) => {
      if (tried.has(j) || !isLike(expected[i]!, is)) return false;
      tried.add(j);
      const holder = takenBy.get(j);
      if (holder !== undefined && !place(holder, tried)) return false;
      takenBy.set(j, i);
      return true;
    });
  const missing = expected.filter((_, i) => !place(i, new Set()));
  const found = actual.map((is, j) => (takenBy.has(j) ? { item: expected[takenBy.get(j)!]!, is } : { is }));
  return [...missing.map((item) => ({ item })), ...found];
}

/** Pairs what fits in order, as many as can be: the longest common subsequence. */
function aligned(expected: readonly Item[], actual: readonly Shown[]): Pair[] {
  const lengths = commonLengths(expected, actual);
  const pairs: Pair[] = [];
  let [i, j] = [0, 0];
  while (i < expected.length || j < actual.length) {
    const [item, is] = [expected[i], actual[j]];
    if (item !== undefined && is !== undefined && isLike(item, is)) {
      pairs.push({ item, is });
      i++;
      j++;
    } else if (is === undefined || (item !== undefined && lengths[i + 1]![j]! >= lengths[i]![j + 1]!)) {
      pairs.push({ item: item! });
      i++;
    } else {
      pairs.push({ is });
      j++;
    }
  }
  return pairs;
}

/** `[i][j]`: how many fit of what follows `i` and `j`. */
function commonLengths(expected: readonly Item[], actual: readonly Shown[]): number[][] {
  const lengths = Array.from({ length: expected.length + 1 }, () => new Array<number>(actual.length + 1).fill(0));
  for (let i = expected.length - 1; i >= 0; i--) {
    for (let j = actual.length - 1; j >= 0; j--) {
      const fits = isLike(expected[i]!, actual[j]!);
      lengths[i]![j] = fits ? lengths[i + 1]![j + 1]! + 1 : Math.max(lengths[i + 1]![j]!, lengths[i]![j + 1]!);
    }
  }
  return lengths;
}
