const isoPattern = /^\d{4}-\d\d-\d\d([Tt ]\d\d:\d\d(:\d\d([.,]\d+)?)?)?([Zz]|[+-]\d\d:?\d\d)?$/;
const zonePattern = /[Zz]$|[+-]\d\d:?\d\d$/;

/**
 * Epoch milliseconds from a number (seconds, milliseconds, microseconds or nanoseconds, told apart by magnitude),
 * an ISO 8601 text (UTC where it names no zone) or a MessagePack timestamp. NaN for anything else.
 */
export function readTime(value: unknown): number {
  if (typeof value === 'number') return epochMs(value);
  if (typeof value === 'string') return isoMs(value);
  return value instanceof Date ? value.getTime() : Number.NaN;
}

// The borders lie in March 1973 of the finer unit and beyond the year 5000 of the coarser one.
function epochMs(value: number): number {
  if (value < 1e11) return value * 1e3;
  if (value < 1e14) return value;
  if (value < 1e17) return value / 1e3;
  return Number.isFinite(value) ? value / 1e6 : Number.NaN;
}

function isoMs(text: string): number {
  if (text.length > 40 || !isoPattern.test(text)) return Number.NaN;
  const normal = text.toUpperCase().replace(' ', 'T').replace(',', '.');
  return Date.parse(normal.includes('T') && !zonePattern.test(normal) ? `${normal}Z` : normal);
}
