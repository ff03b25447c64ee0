import type { GroupReason } from '../../src/operators/group-options.js';

export interface NaiveGroupOptions {
  readonly waitMs: number;
  readonly intervalMs: number;
  readonly repeatMs?: number | undefined;
  readonly idleMs: number;
  readonly maxMembers: number;
  readonly maxKeys: number;
  readonly maxHeld: number;
  readonly overflow: 'evict' | 'reject';
}

interface Member {
  readonly key: string;
  value: string;
  open: boolean;
  told: boolean;
}

interface Group {
  readonly key: string;
  members: Member[];
  heardAt: number;
  flushedAt?: number;
  changedAt?: number;
}

/** What grouping means, with no thought for cost: every group is looked at every time. */
export class NaiveGroup {
  readonly dropped: string[] = [];
  /** Heard of last is last. */
  private groups: Group[] = [];
  private batches: string[] = [];
  private now = 0;
  private readonly options: NaiveGroupOptions;

  constructor(options: NaiveGroupOptions) {
    this.options = options;
  }

  get size(): number {
    return this.groups.length;
  }

  get held(): number {
    return this.groups.reduce((sum, { members }) => sum + members.length, 0);
  }

  process(name: string, key: string, value: string, now: number, open: boolean, urgent: boolean): string {
    this.turn(now);
    const { maxHeld, maxKeys, overflow } = this.options;
    if (this.find(name)?.members.every((member) => member.key !== key) ?? true) {
      while (this.held >= maxHeld)
        if (overflow === 'reject') return 'max_held';
        else this.end(this.groups[0]!, 'evicted');
      while (!this.find(name) && this.groups.length >= maxKeys)
        if (overflow === 'reject') return 'max_keys';
        else this.end(this.groups[0]!, 'evicted');
    }
    this.hear(name, { key, value, open, told: false });
    if (urgent) this.flush(this.find(name)!, 'urgent');
    return 'held';
  }

  /** `group reason members +more` of each batch, in the order of the groups' names. */
  advance(now: number): string[] {
    this.turn(now);
    for (const group of [...this.groups]) while (this.groups.includes(group) && this.look(group));
    return this.take();
  }

  complete(): string[] {
    for (const group of this.groups) if (group.changedAt !== undefined) this.flush(group, 'complete');
    return this.take();
  }

  /** Whether something was due. */
  private look(group: Group): boolean {
    const { waitMs, intervalMs, repeatMs = Infinity, idleMs } = this.options;
    const { changedAt, flushedAt, heardAt, members } = group;
    if (changedAt !== undefined && flushedAt === undefined) {
      return this.now >= changedAt + waitMs && this.flush(group, 'wait');
    }
    const flushed = flushedAt!;
    if (changedAt !== undefined) return this.now >= flushed + intervalMs && this.flush(group, 'interval');
    if (members.length === 0) return this.now >= flushed + intervalMs && this.end(group, 'idle');
    if (this.now >= heardAt + idleMs) return this.end(group, 'idle');
    return this.now >= flushed + repeatMs && this.flush(group, 'repeat');
  }

  private hear(name: string, fresh: Member): void {
    let group = this.find(name);
    // Its interval is over, so this starts a new one.
    if (group?.members.length === 0 && this.now >= group.flushedAt! + this.options.intervalMs) {
      this.end(group, 'idle');
      group = undefined;
    }
    group ??= { key: name, members: [], heardAt: this.now };
    const known = group.members.find(({ key }) => key === fresh.key);
    if (known === undefined) group.members.push(fresh);
    else {
      if (!known.told) this.dropped.push(`replaced ${known.value}`);
      Object.assign(known, fresh);
    }
    group.heardAt = this.now;
    group.changedAt ??= this.now;
    this.groups = [...this.groups.filter((other) => other !== group), group];
  }

  private flush(group: Group, reason: GroupReason): true {
    const { maxMembers } = this.options;
    const byNeed = [...group.members.filter(({ told }) => !told), ...group.members.filter(({ told }) => told)];
    const chosen = new Set(byNeed.slice(0, maxMembers));
    const told = group.members.filter((member) => chosen.has(member)).map(({ value }) => value);
    this.batches.push(`${group.key} ${reason} ${told} +${group.members.length - told.length}`);
    for (const member of group.members) {
      if (!member.told && !chosen.has(member)) this.dropped.push(`omitted ${member.value}`);
      member.told = true;
    }
    group.members = group.members.filter(({ open }) => open);
    group.flushedAt = this.now;
    delete group.changedAt;
    return true;
  }

  private end(group: Group, reason: GroupReason): true {
    if (group.members.length > 0) this.flush(group, reason);
    this.groups = this.groups.filter((other) => other !== group);
    return true;
  }

  private take(): string[] {
    const taken = this.batches;
    this.batches = [];
    return taken.sort();
  }

  private find(name: string): Group | undefined {
    return this.groups.find(({ key }) => key === name);
  }

  private turn(now: number): void {
    this.now = Math.max(this.now, now);
  }
}
