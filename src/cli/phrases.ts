/** `1 rule`, `3 rules`, `0 rules`. */
export function counted(count: number, one: string, many = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`;
}

const units = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1_000],
] as const;

/** Milliseconds as a configuration would write them: `90s`, `5m`, `1h`. */
export function duration(ms: number): string {
  const [unit, size] = units.find(([, unitMs]) => ms >= unitMs && ms % unitMs === 0) ?? (['ms', 1] as const);
  return `${ms / size}${unit}`;
}

const sizes = [
  ['TiB', 1_099_511_627_776],
  ['GiB', 1_073_741_824],
  ['MiB', 1_048_576],
  ['KiB', 1_024],
] as const;

/** Bytes as a configuration would write them: `64KiB`, `1GiB`. */
export function size(bytes: number): string {
  const [unit, unitBytes] = sizes.find(([, each]) => bytes >= each && bytes % each === 0) ?? (['B', 1] as const);
  return `${bytes / unitBytes}${unit}`;
}
