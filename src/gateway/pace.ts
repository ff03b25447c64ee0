/** Flushes a second that a metrics subscription can have; what a client asks for is rounded down to one of these. */
export const paces = [50, 25, 20, 10, 5, 4, 2, 1, 0.5, 0.2, 0.1] as const;

export const defaultMaxHz = 10;

/** Period of a subscription that is not flushed. */
export const paused = Number.POSITIVE_INFINITY;

/** Milliseconds between two flushes at `maxHz`; 0 pauses. */
export function periodOf(maxHz: number): number {
  if (maxHz === 0) return paused;
  const pace = paces.find((hz) => hz <= maxHz) ?? paces[paces.length - 1]!;
  return 1000 / pace;
}
