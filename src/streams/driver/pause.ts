/** What a timer of the platform can hold; beyond it fires at once. */
const longestTimerMs = 2 ** 31 - 1;

/** Resolves after `ms`, or at once when `signal` aborts. Never rejects. */
export function pause(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted) return resolve();
    const end = () => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', end);
      resolve();
    };
    const timer = setTimeout(end, Math.min(ms, longestTimerMs));
    signal?.addEventListener('abort', end, { once: true });
  });
}

/** Delay before attempt `attempt + 1`: doubling from `firstMs` to `maxMs`, of which the upper half is random. */
export function backoffMs(attempt: number, firstMs: number, maxMs: number): number {
  const full = Math.min(maxMs, firstMs * 2 ** Math.min(attempt, 30));
  return full / 2 + Math.random() * (full / 2);
}

/** Resolves when `work` settles, when `ms` are over, or when `signal` aborts. Never rejects. */
export async function bounded(work: Promise<unknown>, ms: number, signal?: AbortSignal): Promise<void> {
  const settled = new AbortController();
  const either = signal ? AbortSignal.any([settled.signal, signal]) : settled.signal;
  await Promise.race([work.catch(() => undefined), pause(ms, either)]);
  settled.abort();
}
