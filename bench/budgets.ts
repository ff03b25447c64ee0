import { readFileSync } from 'node:fs';
import type { Row } from './harness.js';

/** A figure must not be above `max` or below `min`. A `quick` gate also holds in `--quick` runs. */
export interface Budget {
  readonly max?: number;
  readonly min?: number;
  readonly gate: 'quick' | 'full';
}

export type Budgets = Readonly<Record<string, Budget>>;

export function readBudgets(): Budgets {
  return JSON.parse(readFileSync(new URL('./budgets.json', import.meta.url), 'utf8')) as Budgets;
}

/** What of scenario `id` breaks a budget, or was never measured; one line each. */
export function misses(budgets: Budgets, id: string, rows: readonly Row[], quick: boolean): string[] {
  const measured = new Map(rows.map((row) => [row.budgetKey, row]));
  const unknown = rows.filter((row) => row.budgetKey !== undefined && !(row.budgetKey in budgets));
  const wanted = Object.entries(budgets).filter(
    ([key, { gate }]) => key.startsWith(`${id}.`) && (!quick || gate === 'quick'),
  );
  return [
    ...unknown.map((row) => `${row.budgetKey}: not in budgets.json`),
    ...wanted.flatMap(([key, budget]) => miss(key, budget, measured.get(key)) ?? []),
  ];
}

/** A budget in words: `≤ 1`. */
export function budgetText({ max, min }: Budget): string {
  return [max === undefined ? '' : `≤ ${max}`, min === undefined ? '' : `≥ ${min}`].filter(Boolean).join(', ');
}

export function isKept({ max = Infinity, min = -Infinity }: Budget, value: number): boolean {
  return value <= max && value >= min;
}

function miss(key: string, budget: Budget, row: Row | undefined): string | undefined {
  if (row === undefined) return `${key}: not measured`;
  return isKept(budget, row.value) ? undefined : `${key}: ${row.value} ${row.unit}, budget ${budgetText(budget)}`;
}
