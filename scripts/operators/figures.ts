import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { cell, table } from './markdown.js';
import { root } from './source.js';

/** What is read of bench/results/latest.json. */
interface Report {
  readonly at: string;
  readonly machine: string;
  readonly results: readonly { readonly rows: readonly Row[] }[];
}

interface Row {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  /** Said instead of the value. */
  readonly note?: string;
}

/** The rows of the last full benchmark that begin with the name of the operator, with the day and the machine. */
export function figuresOf(functionName: string): string {
  const path = join(root, 'bench/results/latest.json');
  if (!existsSync(path)) return '';
  const { at, machine, results } = JSON.parse(readFileSync(path, 'utf8')) as Report;
  const begins = new RegExp(`^${functionName}\\b[^:]*: `);
  const rows = results.flatMap((result) => result.rows).filter(({ name }) => begins.test(name));
  if (rows.length === 0) return '';
  const figures = rows.map(({ name, value, unit, note }) => [
    cell(name),
    cell(note ?? `${readable(value)} ${unit}`.trim()),
  ]);
  return `${table(['What', 'Figure'], figures)}\n\nMeasured on ${at.slice(0, 10)}: ${machine}.`;
}

/** Three significant digits. */
function readable(value: number): string {
  return Math.abs(value) >= 100 ? Math.round(value).toLocaleString('en-US') : String(Number(value.toPrecision(3)));
}
