/** Windows of one length that end at every whole multiple of `everyMs`, moved by `offsetMs`: `[end − windowMs, end)`. */
export class WindowGrid {
  readonly windowMs: number;
  readonly everyMs: number;
  private readonly offsetMs: number;

  constructor(windowMs: number, everyMs: number, offsetMs: number) {
    this.windowMs = windowMs;
    this.everyMs = everyMs;
    this.offsetMs = offsetMs;
  }

  /** The first end after `time`: that of the first window which contains it. */
  endAfter(time: number): number {
    return (Math.floor((time - this.offsetMs) / this.everyMs) + 1) * this.everyMs + this.offsetMs;
  }

  /** The end of the last window which contains `time`. */
  lastEndOf(time: number): number {
    return this.endAfter(time + this.windowMs) - this.everyMs;
  }

  /** The ends after `from`, up to `to`. */
  endsBetween(from: number, to: number): number[] {
    const ends: number[] = [];
    for (let end = this.endAfter(from); end <= to; end += this.everyMs) ends.push(end);
    return ends;
  }
}
