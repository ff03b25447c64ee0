const baseMs = 500;
const capMs = 20_000;

/**
 * Milliseconds to wait before attempt number `attempt` (0 is the first after a loss): full jitter, so that clients that
 * were lost together do not come back together. `random` gives [0, 1).
 */
export function backoffMs(attempt: number, random: () => number): number {
  const ceiling = Math.min(capMs, baseMs * 2 ** (attempt + 1));
  return baseMs + random() * (ceiling - baseMs);
}

/** Whether a close code (PROTOCOL.md) tells the client not to come back. */
export function isFinal(closeCode: number): boolean {
  return closeCode >= 4000 && closeCode < 4100;
}
