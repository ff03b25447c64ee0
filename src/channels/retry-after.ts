/** Longest pause that a receiver can ask for. */
const maxMs = 3_600_000;

/** Milliseconds of a `Retry-After` header (RFC 9110, 10.2.3: seconds or a date), at most an hour; `undefined` when unreadable. */
export function parseRetryAfter(value: string | null, now: number): number | undefined {
  const text = value?.trim() ?? '';
  if (/^\d{1,10}(\.\d+)?$/.test(text)) return Math.min(Number(text) * 1_000, maxMs);
  // A date has a letter; `Date.parse` would take other things, too.
  const date = /^[A-Za-z]{3,9},? /.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(date) ? undefined : Math.min(Math.max(0, date - now), maxMs);
}
