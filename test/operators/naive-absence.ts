export type Move =
  | { readonly kind: 'beat'; readonly key: string }
  | { readonly kind: 'expect'; readonly keys: readonly string[] }
  | { readonly kind: 'forget'; readonly key: string }
  | { readonly kind: 'pause' }
  | { readonly kind: 'resume' }
  | { readonly kind: 'wait' };

export interface Event {
  /** What the clock reads; it may be set back. */
  readonly at: number;
  readonly move: Move;
}

interface Limits {
  readonly absentMs: number;
  readonly graceMs: number;
  readonly forgetAfterMs: number;
}

interface Watched {
  seenAt: number | undefined;
  expectedAt: number;
  expected: boolean;
  absentAt: number | undefined;
}

/** What absence means, walked through millisecond by millisecond, with no thought for cost. */
export function naiveAbsence(events: readonly Event[], limits: Limits, end: number): string[] {
  const naive = new NaiveAbsence(limits);
  let now = 0;
  for (const { at, move } of events) {
    for (; now < at; now += 1) naive.look(now);
    naive.look(now);
    naive.apply(move, now);
  }
  for (; now <= end; now += 1) naive.look(now);
  return naive.said;
}

class NaiveAbsence {
  readonly said: string[] = [];
  private readonly limits: Limits;
  private readonly keys = new Map<string, Watched>();
  private paused = false;
  private resumedAt = Number.NEGATIVE_INFINITY;

  constructor(limits: Limits) {
    this.limits = limits;
  }

  look(now: number): void {
    const { absentMs, graceMs, forgetAfterMs } = this.limits;
    if (this.paused) return;
    for (const [key, watched] of this.keys) {
      const { seenAt, expectedAt } = watched;
      const isSilent = seenAt === undefined ? now >= expectedAt + graceMs : now >= seenAt + absentMs;
      if (watched.absentAt === undefined && isSilent && now >= this.resumedAt + absentMs) {
        watched.absentAt = now;
        this.said.push(`absent ${key} @${now}, last seen ${seenAt}`);
      }
      if (watched.absentAt === undefined || watched.expected) continue;
      if (now >= Math.max(watched.absentAt, this.resumedAt) + forgetAfterMs) this.drop(key, now, 'expired');
    }
  }

  apply(move: Move, now: number): void {
    if (move.kind === 'beat') this.beat(move.key, now);
    else if (move.kind === 'expect') this.expect(move.keys, now);
    else if (move.kind === 'forget') this.drop(move.key, now, 'told');
    else if (move.kind === 'pause') this.paused = true;
    else if (move.kind === 'resume' && this.paused) {
      this.paused = false;
      this.resumedAt = now;
    }
  }

  private beat(key: string, now: number): void {
    const watched = this.keys.get(key) ?? { seenAt: now, expectedAt: now, expected: false, absentAt: undefined };
    this.keys.set(key, watched);
    if (watched.absentAt !== undefined) {
      this.said.push(`present ${key} @${now} after ${now - (watched.seenAt ?? watched.expectedAt)}`);
    }
    watched.seenAt = now;
    watched.absentAt = undefined;
  }

  private expect(keys: readonly string[], now: number): void {
    for (const [key, watched] of this.keys) {
      if (!watched.expected || keys.includes(key)) continue;
      watched.expected = false;
      const { seenAt, absentAt } = watched;
      const isOver = absentAt !== undefined && now >= Math.max(absentAt, this.resumedAt) + this.limits.forgetAfterMs;
      if (seenAt === undefined || isOver) this.drop(key, now, 'unexpected');
    }
    for (const key of keys) {
      const watched = this.keys.get(key) ?? { seenAt: undefined, expectedAt: now, expected: true, absentAt: undefined };
      watched.expected = true;
      this.keys.set(key, watched);
    }
  }

  private drop(key: string, now: number, reason: string): void {
    if (this.keys.get(key)?.absentAt !== undefined) this.said.push(`forgotten ${key} @${now}, ${reason}`);
    this.keys.delete(key);
  }
}

export interface Stamped {
  readonly key: string;
  /** Its own time. */
  readonly at: number;
}

/** The same in event time that only values move: whom the mark has left behind. */
export function naiveEventAbsence(values: readonly Stamped[], absentMs: number, latenessMs: number): string[] {
  const lastSeen = new Map<string, number>();
  const absent = new Set<string>();
  const said: string[] = [];
  let mark = Number.NEGATIVE_INFINITY;
  for (const { key, at } of values) {
    const isLate = at < mark;
    mark = Math.max(mark, at - latenessMs);
    for (const [silent, seenAt] of lastSeen) {
      if (absent.has(silent) || mark < seenAt + absentMs) continue;
      absent.add(silent);
      said.push(`absent ${silent} @${seenAt + absentMs}, last seen ${seenAt}`);
    }
    if (isLate) {
      said.push(`late ${key}`);
      continue;
    }
    if (absent.delete(key)) said.push(`present ${key} @${at} after ${at - lastSeen.get(key)!}`);
    lastSeen.set(key, Math.max(at, lastSeen.get(key) ?? at));
  }
  return said;
}
