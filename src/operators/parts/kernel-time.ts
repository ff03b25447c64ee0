/**
 * The time that a kernel goes by: it stands still while the clock reads less than before, so that a clock that was set
 * back never reopens a window. Throws `RangeError` for a time that is no finite number.
 */
export function notBefore(last: number, now: number): number {
  if (now >= last && now < Infinity) return now;
  if (now < last) return last;
  throw new RangeError(`the time must be a finite number of milliseconds, received ${now}`);
}
