import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { bundle } from '../bundle.js';
import type { Row } from '../harness.js';

const ways = { keyBy: 'keyBy', groupBy: 'groupBy, timer as duration' } as const;

/** Figures of `repro/groupby-expiry.ts`, which runs on timers of Node. */
export async function groupbyExpiry(sizes: readonly number[]): Promise<Row[]> {
  const file = bundle('repro/groupby-expiry.ts');
  const { stdout } = await promisify(execFile)(process.execPath, [file, ...sizes.map(String)]);
  const [, ...lines] = stdout.trim().split('\n');
  return lines.flatMap((line) => rowsOf(line.split('|').map((cell) => cell.trim())));
}

function rowsOf([name, keys, , totalMs, longestMs]: readonly string[]): Row[] {
  const size = Number(keys);
  const way = ways[name as keyof typeof ways];
  if (way === undefined || !(size > 0)) throw new Error(`repro/groupby-expiry: cannot read "${name} | ${keys}"`);
  const row = (question: string, label: string, value: string | undefined): Row => ({
    name: `${way}: ${label}, ${size} keys on timers of Node`,
    value: Number(value),
    unit: 'ms CPU',
    kind: name === 'keyBy' ? 'ours' : 'control',
    cell: { operator: 'keyBy', axis: 'keys that expire together, on timers of Node', way, question, size },
  });
  return [row('expiry', 'all expire, work of it', totalMs), row('expiry stall', 'all expire, longest turn', longestMs)];
}
