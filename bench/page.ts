import { type Budgets, budgetText, isKept } from './budgets.js';
import type { Cell, Row } from './harness.js';
import { studies } from './operators/index.js';
import { type Report, type Result, readable } from './report.js';

/** `docs/operators/benchmarks.md`: a table a question, each operator beside what it replaces. */

type CellRow = Row & { readonly cell: Cell };

interface Question {
  readonly id: string;
  readonly title: string;
  readonly text: string;
}

const questions: readonly Question[] = [
  {
    id: 'event',
    title: 'Nanoseconds an event, keys in random order',
    text: 'From `next` of a `Subject`, through the operator, to the subscriber. At 100,000 keys and above the figure is that of the memory of the machine: each event meets a key that no cache holds. Budgets are held against this order.',
  },
  {
    id: 'event in sequence',
    title: 'Nanoseconds an event, keys in sequence',
    text: 'The same events in the order in which the keys were created, which a cache can follow.',
  },
  { id: 'create', title: 'Nanoseconds for a new key', text: 'The first event of each key, growth of tables included.' },
  {
    id: 'bytes',
    title: 'Bytes a key',
    text: 'Heap and typed arrays that are held after a collection, without the events and their keys themselves, when each key had one event; where time passes, when windows and batches are full. `rateLimit, exact` grows to 4 bytes more for each value that a window admits. Tables grow by doubling, so that a size just above a power of two costs most; at 1,000 keys most of it is what an operator needs in any case.',
  },
  {
    id: 'bytes left',
    title: 'Bytes a key after all have expired',
    text: 'The same operator, still subscribed, when all its keys have expired: what a naive form keeps here it keeps for ever. `absence` goes on watching what is absent, and `group` what its interval may still concern.',
  },
  {
    id: 'unsubscribe',
    title: 'Milliseconds to unsubscribe',
    text: 'CPU time of one `unsubscribe()` with all keys alive.',
  },
  {
    id: 'stall',
    title: 'All keys expire, or are due, at one moment: the longest stall',
    text: 'CPU milliseconds of the longest turn of the event loop, least of three. Work of a turn cannot be interrupted: for so long nothing else runs.',
  },
  // Of bench/repro/groupby-expiry.ts.
  { id: 'expiry', title: 'Milliseconds of work until all have expired', text: '' },
  { id: 'expiry stall', title: 'Milliseconds of the longest turn of the event loop', text: '' },
];

export function toPage(report: Report, budgets: Budgets): string {
  const of = (id: string) => report.results.find((result) => result.id === id);
  const rows = (of('B7')?.rows ?? []).filter((row): row is CellRow => row.cell !== undefined);
  const keyed = rows.filter(({ cell }) => cell.axis === 'keys');
  const lists = [of('B12'), of('B1'), of('B2')].filter((result) => result !== undefined);
  const sections = [
    head(report),
    ...questions.map((question) => questionSection(question, keyed, budgets)),
    ...otherSections(
      rows.filter(({ cell }) => cell.axis !== 'keys'),
      budgets,
    ),
    eventsSection(),
    ...lists.map((result) => listSection(result, budgets)),
    missedSection([of('B7'), ...lists]),
  ];
  return `${sections.filter(Boolean).join('\n\n')}\n`;
}

function head({ at, machine }: Report): string {
  return `# Benchmarks of the operators

Made by \`npm run bench -- B1 B2 B7 B12 --docs\` on ${at.slice(0, 10)}: ${machine}.

Each operator stands beside the RxJS composition that it replaces, written as well as we can and fed the same events in
the same run. Each of them has a process of its own, so that none meets the garbage or the compiled code of another.
Figures are CPU time, garbage collection included, the least of some rounds; those of ours are in bold.

Where no time passes, operators run on \`asyncScheduler\`. Windows and batches, and all that expires, run on a clock that
is put forward by hand, whose timers are cheaper than those of Node: there the naive forms look better than they are.
*Not run* says what the smaller sizes let expect; the limits are 15 seconds or 2 GB for one pass.`;
}

function questionSection({ id, title, text }: Question, keyed: readonly CellRow[], budgets: Budgets): string {
  const rows = keyed.filter(({ cell }) => cell.question === id);
  if (rows.length === 0) return '';
  return `## ${title}\n\n${text}\n\n${matrix(rows, 'keys', budgets)}`;
}

/** One line a way, one column a size. */
function matrix(rows: readonly CellRow[], axis: string, budgets: Budgets): string {
  const sizes = [...new Set(rows.map(({ cell }) => cell.size))].sort((a, b) => a - b);
  const lines = groupBy(rows, ({ cell }) => `${cell.operator}\n${cell.way}`);
  const body = [...lines.values()].map((line) => {
    const at = (size: number) => line.find(({ cell }) => cell.size === size);
    return [label(line[0]!), ...sizes.map((size) => figure(at(size), budgets))];
  });
  const columns = sizes.map((size) => `${size.toLocaleString('en-US')} ${axis}`.trim());
  return table(['', ...columns], body);
}

function label({ kind, cell }: CellRow): string {
  return kind === 'ours' ? `**${cell.way}**` : `· ${cell.way}`;
}

function figure(row: CellRow | undefined, budgets: Budgets): string {
  if (row === undefined) return '';
  if (row.note !== undefined) return `*${row.note}*`;
  const value = readable(row.value);
  return `${row.kind === 'ours' ? `**${value}**` : value}${against(row, budgets)}`;
}

function against({ budgetKey, value }: Row, budgets: Budgets): string {
  const budget = budgetKey === undefined ? undefined : budgets[budgetKey];
  if (budget === undefined) return '';
  return ` (${budgetText(budget)}${isKept(budget, value) ? '' : ', missed'})`;
}

/** What there are many of other than keys. */
function otherSections(rows: readonly CellRow[], budgets: Budgets): string[] {
  const studies = groupBy(rows, ({ cell }) => `${cell.operator} by number of ${cell.axis}`);
  return [...studies].map(([title, own]) => {
    const tables = questions.flatMap(({ id, title }) => {
      const asked = own.filter(({ cell }) => cell.question === id);
      return asked.length === 0 ? [] : `${title}:\n\n${matrix(asked, '', budgets)}`;
    });
    return `## ${title}\n\n${tables.join('\n\n')}`;
  });
}

function eventsSection(): string {
  const body = studies.map(({ operator, axis, event }) => [
    axis === 'keys' ? operator : `${operator}, by ${axis}`,
    event,
  ]);
  return `## What an event is\n\n${table(['', 'An event'], body).replace('--:', '---')}`;
}

function listSection({ id, title, rows }: Result, budgets: Budgets): string {
  const body = rows.map((row) => [
    row.kind === 'ours' ? `**${row.name}**` : row.name,
    (row.note ?? `${readable(row.value)} ${row.unit}${against(row, budgets)}`).trim(),
  ]);
  return `## ${id}: ${title}\n\n${table(['', 'Figure'], body)}`;
}

function missedSection(results: readonly (Result | undefined)[]): string {
  const missed = results.flatMap((result) => result?.misses ?? []);
  const lines = missed.map((miss) => `- ${miss}`).join('\n');
  return `## Budgets that are missed\n\n${missed.length === 0 ? 'None.' : lines}`;
}

function groupBy<T>(values: readonly T[], key: (value: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const value of values) groups.set(key(value), [...(groups.get(key(value)) ?? []), value]);
  return groups;
}

function table(columns: readonly string[], body: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  const rule = `|---${'|--:'.repeat(columns.length - 1)}|`;
  return [line(columns), rule, ...body.map(line)].join('\n');
}
