import type { Arrival } from './witness.js';

/** What went missing: each of `steps` of each alert has to have arrived. */
export function missing(ids: Iterable<string>, steps: readonly string[], arrivals: readonly Arrival[]): string[] {
  const arrived = new Set(arrivals.map(({ alertId, step }) => `${alertId} ${step}`));
  return [...ids].flatMap((id) => steps.map((step) => `${id} ${step}`)).filter((line) => !arrived.has(line));
}

/** Arrivals of each idempotency key, in order. */
export function byKey(arrivals: readonly Arrival[]): Map<string, Arrival[]> {
  return groupBy(arrivals, ({ key }) => key);
}

/** Arrivals above one for each idempotency key. */
export function duplicates(arrivals: readonly Arrival[]): number {
  return arrivals.length - byKey(arrivals).size;
}

/** Transitions that arrived under more than one idempotency key, and keys that stood for more than one transition. */
export function wrongKeys(arrivals: readonly Arrival[]): string[] {
  const pairs = new Set(arrivals.map(({ key, alertId, transition }) => `${key} ${alertId} ${transition}`));
  const keys = new Set(arrivals.map(({ key }) => key));
  const transitions = new Set(arrivals.map(({ alertId, transition }) => `${alertId} ${transition}`));
  return pairs.size === keys.size && pairs.size === transitions.size ? [] : [...pairs];
}

/** Alerts whose steps did not arrive first in the order in which they were taken, or arrived in two transitions. */
export function outOfOrder(steps: readonly string[], arrivals: readonly Arrival[]): string[] {
  const wrong: string[] = [];
  for (const [id, of] of groupBy(arrivals, ({ alertId }) => alertId)) {
    const firsts = of.filter(({ key }, i) => of.findIndex((other) => other.key === key) === i);
    const told = firsts.map(({ step }) => step);
    const inOrder = firsts.every(({ transition }, i) => i === 0 || transition > firsts[i - 1]!.transition);
    if (!inOrder || told.join() !== steps.slice(0, told.length).join()) wrong.push(`${id}: ${told.join(', ')}`);
  }
  return wrong;
}

export function groupBy<T>(items: readonly T[], keyOf: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const group = groups.get(keyOf(item));
    if (group === undefined) groups.set(keyOf(item), [item]);
    else group.push(item);
  }
  return groups;
}
