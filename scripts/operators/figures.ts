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
  /** Of a figure that was measured at several sizes: how many of what there were. The name ends with it. */
  readonly cell?: { readonly axis: string; readonly size: number };
}

/** The rows of the last full benchmark that begin with the name of the operator, with the day and the machine. */
export function figuresOf(functionName: string): string {
  const path = join(root, 'bench/results/latest.json');
  if (!existsSync(path)) return '';
  const { at, machine, results } = JSON.parse(readFileSync(path, 'utf8')) as Report;
  const begins = new RegExp(`^${functionName}\\b[^:]*: `);
  const rows = results.flatMap((result) => result.rows).filter(({ name }) => begins.test(name));
  if (rows.length === 0) return '';
  const single = rows.filter((row) => row.cell === undefined);
  const axes = [...new Set(rows.flatMap((row) => row.cell?.axis ?? []))];
  const tables = [...axes.map((axis) => bySize(rows, axis)), single.length === 0 ? '' : list(single)];
  return [...tables, `Measured on ${at.slice(0, 10)}: ${machine}.`].filter(Boolean).join('\n\n');
}

/** A line for each figure, a column for each size. */
function bySize(rows: readonly Row[], axis: string): string {
  const measured = rows.filter((row) => row.cell?.axis === axis);
  const sizes = [...new Set(measured.map((row) => row.cell!.size))].toSorted((one, other) => one - other);
  const names = [...new Set(measured.map(nameWithoutSize))];
  const lines = names.map((name) => {
    const own = measured.filter((row) => nameWithoutSize(row) === name);
    const figures = sizes.map((size) => own.find((row) => row.cell!.size === size)).map((row) => row && figureOf(row));
    return [cell(name), ...figures.map((figure) => figure ?? '')];
  });
  return table(['What', ...sizes.map((size) => `${size.toLocaleString('en-US')} ${axis}`)], lines);
}

function nameWithoutSize({ name }: Row): string {
  return name.replace(/, [^,]*$/, '');
}

function list(rows: readonly Row[]): string {
  return table(
    ['What', 'Figure'],
    rows.map((row) => [cell(row.name), figureOf(row)]),
  );
}

function figureOf({ value, unit, note }: Row): string {
  return cell(note ?? `${readable(value)} ${unit}`.trim());
}

/** Three significant digits. */
function readable(value: number): string {
  return Math.abs(value) >= 100 ? Math.round(value).toLocaleString('en-US') : String(Number(value.toPrecision(3)));
}
