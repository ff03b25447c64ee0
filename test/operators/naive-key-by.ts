export interface Arrival {
  /** What the clock reads; it may be set back. */
  readonly at: number;
  readonly key: string;
  readonly value: number;
}

export interface KeyByLimits {
  readonly idleMs: number;
  readonly maxKeys: number;
  readonly overflow: 'evict' | 'reject';
}

interface Group {
  readonly key: string;
  readonly values: number[];
  seenAt: number;
}

/** What each life of a key held, in the order in which they ended, with no thought for cost. */
export function naiveKeyBy(arrivals: readonly Arrival[], { idleMs, maxKeys, overflow }: KeyByLimits) {
  const ended: string[] = [];
  const dropped: number[] = [];
  let open: Group[] = [];
  let now = 0;
  const end = (group: Group) => {
    ended.push(`${group.key}: ${group.values.join(' ')}`);
    open = open.filter((other) => other !== group);
  };
  for (const { at, key, value } of arrivals) {
    now = Math.max(now, at);
    for (const group of open.filter(({ seenAt }) => now - seenAt >= idleMs)) end(group);
    let group = open.find((other) => other.key === key);
    if (group === undefined && open.length === maxKeys && overflow === 'reject') {
      dropped.push(value);
      continue;
    }
    if (group === undefined && open.length === maxKeys) end(open[0]!);
    group ??= { key, values: [], seenAt: now };
    group.values.push(value);
    group.seenAt = now;
    // In order of use.
    open = [...open.filter((other) => other !== group), group];
  }
  for (const group of [...open]) end(group);
  return { ended, dropped };
}
