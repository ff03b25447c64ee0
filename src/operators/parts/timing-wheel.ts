/** Eight levels of 64 buckets: 2^48 ms, about 8,900 years, in steps of one millisecond. */
const bits = 6;
const levels = 8;
const mask = (1 << bits) - 1;
/** Times are split into two halves of 24 bits, because bitwise operators see 32 bits only. */
const half = 2 ** 24;
const halfLevels = levels / 2;
const lastTick = half * half - 1;
const none = -1;
const smallest = 64;
/** An expiry runs the caller's code, a move between levels does not. */
const expiryCost = 8;

/**
 * Many deadlines on one clock: arming and cancelling are O(1), an idle wheel costs nothing, any delay works.
 *
 * A hierarchical timing wheel (Varghese and Lauck, 1987) on typed arrays: 18 bytes a timer. Timers are named by the
 * caller's own small integers, so that a slot of a table is also its timer. Deadlines are milliseconds; a fraction is
 * rounded up. Equal deadlines expire in the order in which they were armed.
 *
 * @example
 * const wheel = new TimingWheel();
 * wheel.arm(7, now + 30_000, now);
 * wheel.advance(now + 30_000, (id) => console.log(id, 'is due'));
 */
export class TimingWheel {
  /** The tick up to which everything has expired; its own bucket may be filled again. */
  private cursor = 0;
  private armed = 0;
  /** A bucket that is being spread over the lower levels; finished before anything expires, so that order is kept. */
  private spreading = none;
  private readonly heads = new Int32Array(levels << bits).fill(none);
  /** One bit a bucket, two words a level. */
  private readonly occupied = new Uint32Array(levels * 2);
  private dues: Float64Array<ArrayBuffer>;
  private buckets: Int16Array<ArrayBuffer>;
  private nexts: Int32Array<ArrayBuffer>;
  /** Of a bucket's first timer: its last one. */
  private previous: Int32Array<ArrayBuffer>;

  constructor(capacity = smallest) {
    this.dues = new Float64Array(capacity);
    this.buckets = new Int16Array(capacity).fill(none);
    this.nexts = new Int32Array(capacity);
    this.previous = new Int32Array(capacity);
  }

  /** How many timers are armed. */
  get size(): number {
    return this.armed;
  }

  /**
   * Arms timer `id`, or moves it. A deadline that has passed expires at the next `advance`; `Infinity` cancels. Throws
   * `RangeError` for `NaN`.
   */
  arm(id: number, due: number, now: number): void {
    if (Number.isNaN(due)) throw new RangeError('the deadline of a timer must be a time in milliseconds, received NaN');
    if (id >= this.buckets.length) this.grow(id + 1);
    if (this.buckets[id] !== none) this.unlink(id);
    if (due === Infinity) return;
    if (this.armed === 0) this.moveTo(now);
    this.dues[id] = due;
    this.link(id);
  }

  cancel(id: number): void {
    if (this.isArmed(id)) this.unlink(id);
  }

  isArmed(id: number): boolean {
    return id < this.buckets.length && this.buckets[id] !== none;
  }

  /** Deadline of timer `id`; `Infinity` when it is not armed. */
  dueOf(id: number): number {
    return this.isArmed(id) ? this.dues[id]! : Infinity;
  }

  /** No timer expires before this moment; `Infinity` when none is armed. Never later than the earliest deadline, rounded up. */
  nextDue(): number {
    if (this.spreading !== none) return this.cursor;
    const bucket = this.firstBucket();
    return bucket === none ? Infinity : this.startOf(bucket);
  }

  /**
   * Expires what is due, earliest first; a timer is disarmed before `expire` hears of it, and may be armed again there.
   * Stops after `maxExpiries` (or eight times as many internal moves): `nextDue()` is then not later than `now`.
   */
  advance(now: number, expire: (id: number, due: number) => void, maxExpiries = Infinity): void {
    let budget = maxExpiries * expiryCost;
    while (budget > 0) {
      const bucket = this.spreading !== none ? this.spreading : this.firstBucket();
      if (bucket === none || !(this.startOf(bucket) <= now)) {
        this.moveTo(now);
        return;
      }
      this.moveTo(this.startOf(bucket));
      const id = this.heads[bucket]!;
      if (bucket > mask) {
        this.spread(bucket, id);
        budget -= 1;
      } else {
        this.unlink(id);
        expire(id, this.dues[id]!);
        budget -= expiryCost;
      }
    }
  }

  /** Forgets every timer and gives the memory back. */
  clear(): void {
    if (this.armed === 0 && this.buckets.length <= smallest) return;
    this.armed = 0;
    this.spreading = none;
    this.heads.fill(none);
    this.occupied.fill(0);
    this.dues = new Float64Array(smallest);
    this.buckets = new Int16Array(smallest).fill(none);
    this.nexts = new Int32Array(smallest);
    this.previous = new Int32Array(smallest);
  }

  private spread(bucket: number, id: number): void {
    this.spreading = bucket;
    this.unlink(id);
    this.link(id);
  }

  private moveTo(now: number): void {
    const tick = Math.min(Math.floor(now), lastTick);
    if (tick > this.cursor) this.cursor = tick;
  }

  /** The bucket by the highest digit in which the deadline differs from the cursor. */
  private link(id: number): void {
    const tick = Math.min(Math.max(Math.ceil(this.dues[id]!), this.cursor), lastTick);
    const bucket = bucketFor(tick, this.cursor);
    const head = this.heads[bucket]!;
    this.buckets[id] = bucket;
    this.nexts[id] = none;
    if (head === none) {
      this.heads[bucket] = id;
      this.previous[id] = id;
      this.occupied[bucket >> 5]! |= 1 << (bucket & 31);
    } else {
      const last = this.previous[head]!;
      this.nexts[last] = id;
      this.previous[id] = last;
      this.previous[head] = id;
    }
    this.armed += 1;
  }

  private unlink(id: number): void {
    const bucket = this.buckets[id]!;
    const head = this.heads[bucket]!;
    const next = this.nexts[id]!;
    const before = this.previous[id]!;
    this.buckets[id] = none;
    this.armed -= 1;
    if (id === head) this.heads[bucket] = next;
    else this.nexts[before] = next;
    if (next !== none) this.previous[next] = before;
    else if (id !== head) this.previous[head] = before;
    else this.emptied(bucket);
  }

  private emptied(bucket: number): void {
    this.occupied[bucket >> 5]! &= ~(1 << (bucket & 31));
    if (bucket === this.spreading) this.spreading = none;
  }

  /** Lower levels hold what is earlier, and within a level nothing lies behind the cursor. */
  private firstBucket(): number {
    if (this.armed === 0) return none;
    for (let word = 0; word < levels * 2; word += 1) {
      const set = this.occupied[word]!;
      if (set !== 0) return (word << 5) + 31 - Math.clz32(set & -set);
    }
    return none;
  }

  /** First tick of a bucket, whose higher digits are those of the cursor. */
  private startOf(bucket: number): number {
    const span = 2 ** (bits * (bucket >> bits));
    const above = span * (mask + 1);
    return Math.floor(this.cursor / above) * above + (bucket & mask) * span;
  }

  private grow(least: number): void {
    const capacity = Math.max(this.buckets.length * 2, least);
    const { dues, buckets, nexts, previous } = this;
    this.dues = new Float64Array(capacity);
    this.dues.set(dues);
    this.buckets = new Int16Array(capacity).fill(none);
    this.buckets.set(buckets);
    this.nexts = new Int32Array(capacity);
    this.nexts.set(nexts);
    this.previous = new Int32Array(capacity);
    this.previous.set(previous);
  }
}

function bucketFor(tick: number, cursor: number): number {
  const high = Math.floor(tick / half);
  const highDifference = high ^ Math.floor(cursor / half);
  if (highDifference !== 0) return bucketOf(high, highDifference, halfLevels);
  return bucketOf(tick % half, (tick % half) ^ (cursor % half), 0);
}

function bucketOf(digits: number, difference: number, base: number): number {
  const level = difference === 0 ? 0 : Math.floor((31 - Math.clz32(difference)) / bits);
  return ((base + level) << bits) | ((digits >>> (level * bits)) & mask);
}
