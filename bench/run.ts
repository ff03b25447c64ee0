import { fork } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { misses, readBudgets } from './budgets.js';
import type { Row, Scenario } from './harness.js';
import { toPage } from './page.js';
import { describeMachine, type Report, type Result, toMarkdown, toTable } from './report.js';
import type { WorkerMessage } from './worker.js';

/**
 * `npm run bench [-- --quick] [-- B1 B2] [-- --docs]`: exits with 1 when a budget is missed. With `--docs` it writes
 * `docs/operators/benchmarks.md` from the figures, those of earlier runs included.
 */

const defaultAttempts = 3;
const budgets = readBudgets();
const here = new URL('.', import.meta.url);

async function main(args: readonly string[]): Promise<number> {
  const quick = args.includes('--quick');
  const wanted = args.filter((arg) => !arg.startsWith('--')).map((id) => id.toUpperCase());
  const machine = describeMachine();
  console.log(machine);
  const results: Result[] = [];
  for (const { file, scenario } of await scenarios()) {
    if (wanted.length > 0 ? !wanted.includes(scenario.id) : quick && !scenario.quick) continue;
    results.push(await measure(file, scenario, quick));
  }
  const report = save({ at: new Date().toISOString(), machine, quick, results }, wanted.length > 0);
  if (args.includes('--docs')) writeFileSync(new URL('../docs/operators/benchmarks.md', here), toPage(report, budgets));
  return verdict(results);
}

async function scenarios(): Promise<{ file: string; scenario: Scenario }[]> {
  const names = readdirSync(here).filter((name) => /^b\d+-.*\.ts$/.test(name));
  const files = names.sort((a, b) => Number.parseInt(a.slice(1), 10) - Number.parseInt(b.slice(1), 10));
  return Promise.all(
    files.map(async (name) => {
      const file = new URL(name, here).href;
      return { file, scenario: ((await import(file)) as { scenario: Scenario }).scenario };
    }),
  );
}

async function measure(file: string, scenario: Scenario, quick: boolean): Promise<Result> {
  const { id, title, attempts: maxAttempts = defaultAttempts } = scenario;
  console.log(`\n${id} ${title}`);
  const startedAt = performance.now();
  let best: Pick<Result, 'rows' | 'misses'> | undefined;
  let attempts = 0;
  while (attempts < maxAttempts && (best === undefined || best.misses.length > 0)) {
    attempts += 1;
    const result = await attempt(file, id, quick);
    if (best === undefined || result.misses.length < best.misses.length) best = result;
  }
  const seconds = Math.round((performance.now() - startedAt) / 100) / 10;
  const result = { id, title, ...best!, attempts, seconds };
  console.log(toTable(result, budgets));
  console.log(`  ${seconds} s${attempts > 1 ? `, best of ${attempts}` : ''}`);
  return result;
}

async function attempt(file: string, id: string, quick: boolean): Promise<Pick<Result, 'rows' | 'misses'>> {
  try {
    const rows = await isolated(file, quick);
    return { rows, misses: misses(budgets, id, rows, quick) };
  } catch (error) {
    return { rows: [], misses: [`${id}: ${(error as Error).message}`, ...misses(budgets, id, [], quick)] };
  }
}

/** A process of its own, so that no scenario meets the garbage or the compiled code of another. */
function isolated(file: string, quick: boolean): Promise<readonly Row[]> {
  return new Promise((resolve, reject) => {
    const child = fork(fileURLToPath(new URL('worker.ts', here)), [file, quick ? 'quick' : 'full']);
    let rows: readonly Row[] | undefined;
    child.on('message', (message: WorkerMessage) => {
      if ('rows' in message) rows = message.rows;
      else console.log(`  … ${message.log}`);
    });
    child.once('error', reject);
    child.once('exit', (code, signal) => {
      if (rows !== undefined && code === 0) resolve(rows);
      else reject(new Error(`ended with ${signal ?? code}, ${rows === undefined ? 'without' : 'after its'} rows`));
    });
  });
}

/** A quick run does not replace the figures of a full one; a partial run replaces its own scenarios only. */
function save(report: Report, partial: boolean): Report {
  const name = report.quick ? 'quick' : 'latest';
  const folder = new URL('results/', here);
  const json = new URL(`${name}.json`, folder);
  mkdirSync(folder, { recursive: true });
  const merged = partial ? { ...report, results: merge(previous(json), report.results) } : report;
  writeFileSync(json, `${JSON.stringify(merged, null, 2)}\n`);
  writeFileSync(new URL(`${name}.md`, folder), toMarkdown(merged, budgets));
  return merged;
}

function previous(json: URL): readonly Result[] {
  try {
    return (JSON.parse(readFileSync(json, 'utf8')) as Report).results;
  } catch {
    return [];
  }
}

function merge(old: readonly Result[], fresh: readonly Result[]): Result[] {
  const byId = new Map([...old, ...fresh].map((result) => [result.id, result]));
  return [...byId.values()].sort((a, b) => Number(a.id.slice(1)) - Number(b.id.slice(1)));
}

function verdict(results: readonly Result[]): number {
  const missed = results.flatMap((result) => result.misses);
  console.log(missed.length === 0 ? '\nEvery budget is kept.' : `\nMissed:\n  ${missed.join('\n  ')}`);
  return missed.length === 0 ? 0 : 1;
}

process.exitCode = await main(process.argv.slice(2));
