/** More than this is left out, and the table says why. */
export interface Limits {
  readonly seconds: number;
  readonly bytes: number;
}

interface Seen {
  readonly size: number;
  readonly seconds: number;
  readonly bytes: number;
}

/** Tells from smaller sizes whether a larger one is worth a try. */
export class Forecast {
  private readonly limits: Limits;
  private last: Seen | undefined;
  private previous: Seen | undefined;

  constructor(limits: Limits) {
    this.limits = limits;
  }

  see(size: number, seconds: number, bytes = 0): void {
    this.previous = this.last;
    this.last = { size, seconds, bytes };
  }

  /** Why `size` is left out; `undefined` when it is not. */
  refusal(size: number): string | undefined {
    const { last, limits } = this;
    if (last === undefined) return undefined;
    const bytes = (last.bytes * size) / last.size;
    if (bytes > limits.bytes) return `about ${(bytes / 1e9).toPrecision(2)} GB`;
    const seconds = last.seconds * (size / last.size) ** this.power();
    return seconds > limits.seconds ? `about ${Math.round(seconds)} s` : undefined;
  }

  /** Time grows with this power of the size: 1 at least, 2 for what is quadratic. */
  private power(): number {
    const { last, previous } = this;
    if (previous === undefined || last === undefined) return 1;
    // What takes next to nothing says nothing about growth.
    if (previous.seconds < 0.02) return 1;
    return Math.min(2, Math.max(1, Math.log(last.seconds / previous.seconds) / Math.log(last.size / previous.size)));
  }
}
