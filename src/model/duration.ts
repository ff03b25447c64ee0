const unitMs = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;
/** What a duration looks like, for schemas. */
export const durationPattern = '^(\\d+(?:\\.\\d+)?)(ms|s|m|h|d)$';
const pattern = new RegExp(durationPattern);

/** Ten years: beyond it, a wall time plus the duration leaves the range of dates. */
export const longestDurationMs = 3_650 * unitMs.d;

/** Whole milliseconds of `500ms`, `30s`, `5m`, `4h` or `7d`; `undefined` when the text is none of these or over ten years. */
export function parseDuration(text: string): number | undefined {
  const match = pattern.exec(text.trim());
  if (!match) return undefined;
  const ms = Math.round(Number(match[1]) * unitMs[match[2] as keyof typeof unitMs]);
  return ms <= longestDurationMs ? ms : undefined;
}

/** The shortest way to write it: `90s` for 90,000, `1m` for 60,000. */
export function formatDuration(ms: number): string {
  const units = Object.entries(unitMs).reverse();
  const [unit, size] = units.find(([, length]) => ms >= length && ms % length === 0) ?? (['ms', 1] as const);
  return `${ms / size}${unit}`;
}
