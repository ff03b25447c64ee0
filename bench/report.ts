import { cpus, loadavg, totalmem } from 'node:os';
import { type Budgets, budgetText } from './budgets.js';
import type { Row } from './harness.js';

export interface Result {
  readonly id: string;
  readonly title: string;
  readonly rows: readonly Row[];
  readonly misses: readonly string[];
  readonly attempts: number;
  readonly seconds: number;
}

export interface Report {
  readonly at: string;
  readonly machine: string;
  readonly quick: boolean;
  readonly results: readonly Result[];
}

export function describeMachine(): string {
  const model = cpus()[0]?.model.trim() ?? 'unknown CPU';
  const memory = `${Math.round(totalmem() / 2 ** 30)} GiB`;
  const load = loadavg()[0]!.toFixed(1);
  return `${model}, ${cpus().length} cores, ${memory}, ${process.platform} ${process.arch}, Node ${process.versions.node}, load ${load}`;
}

export function toMarkdown(report: Report, budgets: Budgets): string {
  const how = report.quick ? 'npm run bench -- --quick' : 'npm run bench';
  const head = `# Figures\n\nMade by \`${how}\` on ${report.at.slice(0, 10)}: ${report.machine}.\n`;
  return [head, ...report.results.map((result) => section(result, budgets))].join('\n');
}

/** The rows of one scenario for a terminal. */
export function toTable(result: Result, budgets: Budgets): string {
  const cells = result.rows.map((row) => columns(row, budgets));
  const widths = [0, 1, 2].map((column) => Math.max(0, ...cells.map((cell) => cell[column]!.length)));
  const lines = cells.map(
    ([name, kind, value, budget]) =>
      `  ${name!.padEnd(widths[0]!)}  ${kind!.padEnd(widths[1]!)}  ${value!.padStart(widths[2]!)}  ${budget}`,
  );
  return lines.map((line) => line.trimEnd()).join('\n');
}

function section(result: Result, budgets: Budgets): string {
  const rows = result.rows.map((row) => `| ${columns(row, budgets).join(' | ')} |`);
  const verdict = result.misses.map((miss) => `\nMissed: ${miss}.\n`);
  return [
    `## ${result.id} ${result.title}\n`,
    '| What | | Figure | Budget |',
    '|---|---|--:|---|',
    ...rows,
    ...verdict,
    '',
  ].join('\n');
}

function columns(row: Row, budgets: Budgets): string[] {
  const budget = row.budgetKey === undefined ? undefined : budgets[row.budgetKey];
  return [
    row.name,
    row.kind,
    row.note ?? `${readable(row.value)} ${row.unit}`.trim(),
    budget === undefined ? '' : budgetText(budget),
  ];
}

/** Three significant digits. */
export function readable(value: number): string {
  if (!Number.isFinite(value)) return String(value);
  return Math.abs(value) >= 100 ? Math.round(value).toLocaleString('en-US') : String(Number(value.toPrecision(3)));
}
