import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { loadScenarios, renderFailure, runScenario } from '../src/scenario/index.js';

const folder = new URL('./scenarios/', import.meta.url);
const files = readdirSync(folder).filter((name) => name.endsWith('.yaml'));
const loaded = files.map((file) => [file, load(file)] as const);

describe.each(loaded)('%s', (_, scenarios) => {
  it.each(scenarios.map((scenario) => [scenario.title, scenario] as const))('%s', async (_title, scenario) => {
    const result = await runScenario(scenario);
    if (result.failure !== undefined) expect.fail(renderFailure(result));
  });
});

it.each(['P01-P22', 'P30-P47'])('%s: a scenario names each of them', (range) => {
  const [first, last] = range.split('-').map((id) => Number(id.slice(1))) as [number, number];
  const rows = Array.from({ length: last - first + 1 }, (_, i) => `P${String(first + i).padStart(2, '0')}`);
  const named = new Set(
    loaded.flatMap(([, scenarios]) => scenarios.flatMap(({ title }) => title.match(/\bP\d\d\b/g) ?? [])),
  );
  expect(rows.filter((row) => !named.has(row))).toEqual([]);
});

function load(file: string) {
  return loadScenarios(readFileSync(new URL(file, folder), 'utf8'), { file: `test/scenarios/${file}` });
}
