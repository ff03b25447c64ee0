import { randomInt } from 'node:crypto';
import { type Labels, type Series, seriesKey, seriesSubject } from '../model/series.js';

export interface SeriesTableOptions {
  readonly maxSeries: number;
  /** Called once for each new series, before it is returned. */
  readonly onNew?: (series: Series) => void;
}

interface Entry {
  readonly series: Series;
  /** Another series with the same hash. */
  readonly next: Entry | undefined;
}

/**
 * Every series seen, each exactly once, numbered densely from 0.
 *
 * A repeat is found by a hash that does not depend on the order of the labels, so that nothing is sorted or joined; the
 * hash is seeded, so that a publisher cannot choose colliding labels.
 */
export class SeriesTable {
  readonly #buckets = new Map<number, Entry>();
  readonly #series: Series[] = [];
  readonly #seed = randomInt(2 ** 31);
  readonly #options: SeriesTableOptions;

  constructor(options: SeriesTableOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.#series.length;
  }

  get(sid: number): Series | undefined {
    return this.#series[sid];
  }

  values(): IterableIterator<Series> {
    return this.#series.values();
  }

  /**
   * The one series of this identity, made when it is new; `undefined` when it is new and the table is full. A good
   * `guess`, a series of this table, saves the look-up.
   */
  intern(name: string, source: string, labels: Labels, unit?: string, guess?: Series): Series | undefined {
    if (guess !== undefined && isSame(guess, name, source, labels)) return guess;
    const hash = this.#hash(name, source, labels);
    const first = this.#buckets.get(hash);
    const known = find(first, name, source, labels);
    if (known !== undefined) return known;
    if (this.#series.length >= this.#options.maxSeries) return undefined;
    const series = makeSeries(this.#series.length, name, source, labels, unit);
    this.#buckets.set(hash, { series, next: first });
    this.#series.push(series);
    this.#options.onNew?.(series);
    return series;
  }

  /** The series of this identity, if it was seen. */
  find(name: string, source: string, labels: Labels): Series | undefined {
    return find(this.#buckets.get(this.#hash(name, source, labels)), name, source, labels);
  }

  #hash(name: string, source: string, labels: Labels): number {
    let hash = hashText(source, hashText(name, this.#seed) ^ 0x5bd1e995);
    for (const key in labels) {
      hash = (hash + Math.imul(hashText(labels[key]!, hashText(key, this.#seed)), 0x9e3779b1)) | 0;
    }
    return hash;
  }
}

function find(first: Entry | undefined, name: string, source: string, labels: Labels): Series | undefined {
  for (let entry = first; entry !== undefined; entry = entry.next) {
    if (isSame(entry.series, name, source, labels)) return entry.series;
  }
  return undefined;
}

function makeSeries(sid: number, name: string, source: string, labels: Labels, unit: string | undefined): Series {
  // `fromEntries` defines rather than assigns: a label called `__proto__` is a label like any other.
  const sorted = Object.fromEntries(
    Object.keys(labels)
      .sort()
      .map((key) => [key, labels[key]!]),
  );
  return {
    sid,
    key: seriesKey(name, source, sorted),
    subject: seriesSubject(name, source),
    name,
    source,
    labels: sorted,
    ...(unit === undefined ? {} : { unit }),
  };
}

function isSame(series: Series, name: string, source: string, labels: Labels): boolean {
  return (
    series.name === name &&
    series.source === source &&
    includes(series.labels, labels) &&
    includes(labels, series.labels)
  );
}

function includes(labels: Labels, others: Labels): boolean {
  for (const key in others) if (labels[key] !== others[key]) return false;
  return true;
}

/** FNV-1a over UTF-16 units, going on from `hash`. */
function hashText(text: string, hash: number): number {
  let h = hash;
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193);
  return h;
}
