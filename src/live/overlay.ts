import { type ItemChange, type ItemKind, isSame } from '../config/index.js';
import type { RoutedAlert } from '../model/routing.js';
import { type ConfigEntry, isSpent } from '../streams/config-log.js';

/** A condition that a route has in code, and in no file. */
export type RouteCondition = (alert: RoutedAlert) => boolean;

/** What commands and programs have put over the file. */
export class Overlay {
  /** As the log has it. */
  readonly #entries = new Map<string, ConfigEntry>();
  /** Routes whose condition is a function: they live as long as the process. */
  readonly #inCode = new Map<string, { readonly item: object; readonly condition: RouteCondition }>();

  take(entry: ConfigEntry): void {
    this.#entries.set(placeOf(entry), entry);
  }

  /** The last word that the log has on an item, unless it says nothing. */
  find(item: Pick<ItemChange, 'kind' | 'id'>): ConfigEntry | undefined {
    const entry = this.#entries.get(placeOf(item));
    return entry === undefined || isSpent(entry) ? undefined : entry;
  }

  /** When the item was first spoken of. */
  since(item: Pick<ItemChange, 'kind' | 'id'>): number | undefined {
    return this.find(item)?.since;
  }

  putInCode(id: string, item: object, condition: RouteCondition): void {
    this.#inCode.set(id, { item, condition });
  }

  deleteInCode(id: string): boolean {
    return this.#inCode.delete(id);
  }

  condition(routeId: string): RouteCondition | undefined {
    return this.#inCode.get(routeId)?.condition;
  }

  get conditions(): ReadonlyMap<string, { readonly condition: RouteCondition }> {
    return this.#inCode;
  }

  /** How many items the log has something to say of. */
  get size(): number {
    return this.entries().length;
  }

  /** In the order in which each was first spoken of, which a restart does not change. */
  entries(kind?: ItemKind): ConfigEntry[] {
    return [...this.#entries.values()]
      .filter((entry) => !isSpent(entry) && (kind === undefined || entry.kind === kind))
      .sort((a, b) => a.since - b.since || (a.id < b.id ? -1 : 1));
  }

  /** What is otherwise than the file says; what is in code counts more than what is in the log. */
  changes(): ItemChange[] {
    const inCode = [...this.#inCode].map(([id, { item }]): ItemChange => ({ kind: 'route', id, item }));
    const logged = this.entries().map(({ kind, id, item }): ItemChange => (item ? { kind, id, item } : { kind, id }));
    return [...logged.filter((change) => !inCode.some((other) => isSame(change, other))), ...inCode];
  }
}

function placeOf({ kind, id }: Pick<ItemChange, 'kind' | 'id'>): string {
  return `${kind} ${id}`;
}
