import { TimingWheel } from './timing-wheel.js';

/** A key that went over its rate and is held back until it has room again. */
export interface Trip {
  readonly slot: number;
  readonly trippedAt: number;
  /** Refused since, the first one included. */
  heldBack: number;
}

/** The tripped keys of a rate limit and when each is to be looked at again. */
export class Trips {
  private readonly bySlot = new Map<number, Trip>();
  private readonly wheel = new TimingWheel();

  get size(): number {
    return this.bySlot.size;
  }

  get(slot: number): Trip | undefined {
    return this.bySlot.size === 0 ? undefined : this.bySlot.get(slot);
  }

  start(slot: number, trippedAt: number, due: number, heldBack = 1): void {
    this.bySlot.set(slot, { slot, trippedAt, heldBack });
    this.wheel.arm(slot, due, trippedAt);
  }

  /** When the key is expected to have room. */
  dueOf(slot: number): number {
    return this.wheel.dueOf(slot);
  }

  postpone(slot: number, due: number, now: number): void {
    this.wheel.arm(slot, due, now);
  }

  end(slot: number): void {
    this.bySlot.delete(slot);
    this.wheel.cancel(slot);
  }

  nextDue(): number {
    return this.bySlot.size === 0 ? Infinity : this.wheel.nextDue();
  }

  /** Calls `look` for the trips that are due, earliest first, at most `most` of them. */
  advance(now: number, look: (trip: Trip) => void, most: number): void {
    this.wheel.advance(now, (slot) => look(this.bySlot.get(slot)!), most);
  }

  values(): IterableIterator<Trip> {
    return this.bySlot.values();
  }

  clear(): void {
    this.bySlot.clear();
    this.wheel.clear();
  }
}
