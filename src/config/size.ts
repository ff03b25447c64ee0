const unitBytes = { B: 1, KiB: 1_024, MiB: 1_048_576, GiB: 1_073_741_824, TiB: 1_099_511_627_776 } as const;

export const sizePattern = '^\\d+(\\.\\d+)?(B|KiB|MiB|GiB|TiB)$';
const size = /^(\d+(?:\.\d+)?)(B|KiB|MiB|GiB|TiB)$/;

/** Bytes of `512B`, `64KiB`, `1MiB`, `2GiB` or `1TiB`; `undefined` when the text is none of these. */
export function parseSize(text: string): number | undefined {
  const match = size.exec(text.trim());
  if (!match) return undefined;
  const bytes = Math.floor(Number(match[1]) * unitBytes[match[2] as keyof typeof unitBytes]);
  return Number.isSafeInteger(bytes) ? bytes : undefined;
}
