import type { AlertRecord } from '../model/alert.js';

/** Enough for the lists that a configuration leads to; what comes from outside may be anything. */
const maxLists = 1_000;

const nothing: Readonly<Record<string, never>> = Object.freeze({});
const noList: readonly string[] = Object.freeze([]);
const ground: AlertRecord['escalation'] = Object.freeze({ level: 0 });

/**
 * Gives records their small parts in common: most alerts have no tags, no data, no ladder, and the channels of many
 * others. A hundred thousand that are open would hold as many copies of each.
 */
export class CommonParts {
  readonly #lists = new Map<string, readonly string[]>();

  /** The same record. */
  of(record: AlertRecord): AlertRecord {
    const { tags, data, channels, notified, routes, escalation, admission } = record;
    return {
      ...record,
      tags: this.#list(tags),
      data: isEmpty(data) ? nothing : data,
      channels: this.#list(channels),
      notified: this.#list(notified),
      ...(routes === undefined ? {} : { routes: this.#list(routes) }),
      escalation: isGround(escalation) ? ground : escalation,
      admission: sameShape(admission),
    };
  }

  #list(items: readonly string[]): readonly string[] {
    if (items.length === 0) return noList;
    const text = items.length === 1 ? items[0]! : JSON.stringify(items);
    const known = this.#lists.get(text);
    if (known !== undefined && known.length === items.length) return known;
    if (this.#lists.size >= maxLists) this.#lists.clear();
    this.#lists.set(text, items);
    return items;
  }
}

/**
 * An object that is spread together from several may get a hidden class of its own, which is larger than itself: added one
 * by one, equal fields lead to one class.
 */
function sameShape<T extends object>(fields: T): T {
  const copy = {} as T;
  for (const name in fields) copy[name] = fields[name];
  return copy;
}

function isEmpty(fields: object): boolean {
  for (const _ in fields) return false;
  return true;
}

function isGround(escalation: AlertRecord['escalation']): boolean {
  return escalation.level === 0 && Object.keys(escalation).length === 1;
}
