interface Member<T> {
  value: T;
  /** Whether it stays once it was told. */
  open: boolean;
  told: boolean;
}

/** The members of one group by their identity, in the order in which they first came. */
export class GroupMembers<T, K> {
  private readonly members = new Map<K, Member<T>>();
  private untold = 0;
  private staying = 0;

  get size(): number {
    return this.members.size;
  }

  /** How many have changed since they were last told. */
  get changed(): number {
    return this.untold;
  }

  /** How many stay once they were told. */
  get open(): number {
    return this.staying;
  }

  has(key: K): boolean {
    return this.members.has(key);
  }

  add(key: K, value: T, open: boolean, told = false): void {
    this.members.set(key, { value, open, told });
    if (!told) this.untold += 1;
    if (open) this.staying += 1;
  }

  /** A newer value of a member; `lost` hears of the value before, if nobody was told of that. */
  replace(key: K, value: T, open: boolean, lost?: (value: T) => void): void {
    const member = this.members.get(key)!;
    if (member.told) this.untold += 1;
    else lost?.(member.value);
    this.staying += Number(open) - Number(member.open);
    member.value = value;
    member.open = open;
    member.told = false;
  }

  /**
   * The values to be told, `most` at a time: what changed comes before what did not. `lost` hears of values that have
   * changed and found no place.
   */
  tell(most: number, lost?: (value: T) => void): T[] {
    const told: T[] = [];
    let changedLeft = Math.min(this.untold, most);
    let othersLeft = most - changedLeft;
    for (const member of this.members.values()) {
      if (member.told ? othersLeft-- > 0 : changedLeft-- > 0) told.push(member.value);
      else if (!member.told) lost?.(member.value);
      member.told = true;
    }
    this.untold = 0;
    return told;
  }

  /** Forgets the members that were told and are not open. */
  dropResolved(): void {
    if (this.staying === this.members.size) return;
    for (const [key, { open, told }] of this.members) if (told && !open) this.members.delete(key);
  }

  *[Symbol.iterator](): IterableIterator<readonly [key: K, value: T, open: boolean, told: boolean]> {
    for (const [key, { value, open, told }] of this.members) yield [key, value, open, told];
  }
}
