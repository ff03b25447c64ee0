/** `npm run test:faults` breaks things more often and for longer than the ordinary tests do. */
export const isLong = process.env['TOCSIN_FAULTS'] === 'long';

export function scale<T>(short: T, long: T): T {
  return isLong ? long : short;
}

/** A promised time; the ordinary tests share a slow machine with others and only look at the order of magnitude. */
export function promised(ms: number): number {
  return scale(4 * ms, ms);
}
