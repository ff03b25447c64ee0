const binary = ['', 'Ki', 'Mi', 'Gi', 'Ti', 'Pi'];
const decimal = ['', 'k', 'M', 'G', 'T', 'P'];
const durations: readonly (readonly [ms: number, unit: string])[] = [
  [86_400_000, 'd'],
  [3_600_000, 'h'],
  [60_000, 'min'],
  [1000, 's'],
  [1, 'ms'],
  [0.001, 'µs'],
];

/** A value with its unit, short enough for a legend: `42.1 %`, `3.4 GiB`, `1.2 MB/s`, `830 ms`, `1.2 k`. */
export function formatValue(value: number, unit = ''): string {
  if (unit === '%') return `${digits(value)} %`;
  if (unit === 'ms') return formatMs(value);
  if (unit === 's') return formatMs(value * 1000);
  if (unit === 'B') return scaled(value, 1024, binary, unit);
  return scaled(value, 1000, decimal, unit);
}

/** Milliseconds as `830 ms`, `1.2 s` or `45 µs`. */
export function formatMs(ms: number): string {
  if (ms === 0) return '0 ms';
  const [size, unit] = durations.find(([from]) => Math.abs(ms) >= from) ?? durations[durations.length - 1]!;
  return `${digits(ms / size)} ${unit}`;
}

/** How long ago, coarse: `now`, `42 s`, `3 min`, `2 h 5 min`, `4 d`. */
export function formatAge(ms: number): string {
  const seconds = Math.floor(ms / 1000);
  if (seconds < 1) return 'now';
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  if (hours < 24) return minutes % 60 === 0 ? `${hours} h` : `${hours} h ${minutes % 60} min`;
  return `${Math.floor(hours / 24)} d`;
}

/** Time that is left, as a clock: `0:42`, `12:05`, `1:02:03`; `now` once it is over. */
export function formatCountdown(ms: number): string {
  if (ms <= 0) return 'now';
  const total = Math.ceil(ms / 1000);
  const pad = (n: number): string => String(n).padStart(2, '0');
  const [hours, minutes, seconds] = [Math.floor(total / 3600), Math.floor(total / 60) % 60, total % 60];
  return hours > 0 ? `${hours}:${pad(minutes)}:${pad(seconds)}` : `${minutes}:${pad(seconds)}`;
}

/** Time of day, `14:03:22`. */
export function formatTime(time: number): string {
  return new Date(time).toLocaleTimeString('en-GB');
}

function scaled(value: number, base: number, prefixes: readonly string[], unit: string): string {
  let size = value;
  let step = 0;
  while (Math.abs(size) >= base && step < prefixes.length - 1) {
    size /= base;
    step++;
  }
  return `${digits(size)} ${prefixes[step]}${unit}`.trimEnd();
}

/** Three digits that matter, without trailing zeros; whole numbers from 100 on. */
function digits(value: number): string {
  const size = Math.abs(value);
  if (size >= 100) return String(Math.round(value));
  return String(Number(value.toFixed(size >= 10 ? 1 : 2)));
}
