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

  get size(): number {
    return this.members.size;
  }

  /** How many have changed since they were last told. */
  get changed(): number {
    return this.untold;
  }

  has(key: K): boolean {
    return this.members.has(key);
  }

  add(key: K, value: T, open: boolean, told = false): void {
    this.members.set(key, { value, open, told });
    if (!told) this.untold += 1;
  }

  /** A newer value of a member; `lost` hears of the value before, if nobody was told of that. */
  replace(key: K, value: T, open: boolean, lost?: (value: T) => void): void {
    const member = this.members.get(key)!;
    if (member.told) this.untold += 1;
    else lost?.(member.value);
    member.value = value;
    member.open = open;
    member.told = false;
  }

  /**
   * The values to be told, `most` at a time: what changed comes before what did not. Those that are not open are gone
   * then. `lost` hears of values that have changed and found no place.
   */
  tell(most: number, lost?: (value: T) => void): T[] {
    const told: T[] = [];
    let changedLeft = Math.min(this.untold, most);
    let othersLeft = most - changedLeft;
    for (const [key, member] of this.members) {
      if (member.told ? othersLeft-- > 0 : changedLeft-- > 0) told.push(member.value);
      else if (!member.told) lost?.(member.value);
      if (member.open) member.told = true;
      else this.members.delete(key);
    }
    this.untold = 0;
    return told;
  }

  *[Symbol.iterator](): IterableIterator<readonly [key: K, value: T, open: boolean, told: boolean]> {
    for (const [key, { value, open, told }] of this.members) yield [key, value, open, told];
  }
}
