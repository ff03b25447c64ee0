export interface Backoff {
  readonly initialMs: number;
  readonly maxMs: number;
}

/** Exponential with full jitter (AWS Architecture Blog, "Exponential Backoff And Jitter"), milliseconds; `attempt` from 0. */
export function jittered(backoff: Backoff, attempt: number, random: () => number): number {
  return random() * Math.min(backoff.maxMs, backoff.initialMs * 2 ** attempt);
}
