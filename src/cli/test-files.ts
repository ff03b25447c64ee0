import { dirname, resolve } from 'node:path';
import { loadScenarios, renderFailure, runScenario, type Scenario, type ScenarioResult } from '../scenario/index.js';
import { CliError } from './cli-error.js';
import { exitStatus } from './exit-status.js';
import { type Io, paint } from './io.js';
import { counted } from './phrases.js';
import { readText } from './read-config.js';

export interface TestOptions {
  readonly only?: string;
  readonly json?: boolean;
}

/** Runs all scenarios of the files, a line each. Throws a ConfigError, before any of them runs, when a file is wrong. */
export async function testFiles(files: readonly string[], options: TestOptions, io: Io): Promise<number> {
  const { only = '', json = false } = options;
  const scenarios = files.flatMap(scenariosOf).filter(({ title }) => title.includes(only));
  if (scenarios.length === 0) throw nothingToRun(only);
  let failed = 0;
  for (const scenario of scenarios) {
    const result = await runScenario(scenario);
    if (result.failure !== undefined) failed++;
    tell(result, json, io);
  }
  if (!json) io.out(summary(scenarios.length, failed, io));
  return failed === 0 ? exitStatus.ok : exitStatus.failed;
}

/** A configuration that a file names lies beside it. */
function scenariosOf(file: string): readonly Scenario[] {
  return loadScenarios(readText(file), { file, readConfig: (name) => readText(resolve(dirname(file), name)) });
}

function nothingToRun(only: string): CliError {
  const message = `no scenario has "${only}" in its title`;
  return new CliError('not_found', exitStatus.usage, message, ['without --only, all of them run']);
}

function tell(result: ScenarioResult, json: boolean, io: Io): void {
  const { failure } = result;
  if (json) io.out(JSON.stringify({ ok: failure === undefined, ...result }));
  else if (failure === undefined) io.out(`${paint('✓', 'green', io.color.out)} ${result.title}`);
  else io.out(`${paint('✗', 'red', io.color.out)} ${renderFailure(result)}`);
}

function summary(count: number, failed: number, io: Io): string {
  if (failed === 0) return `${counted(count, 'scenario')} passed`;
  return paint(`${failed} of ${counted(count, 'scenario')} failed`, 'red', io.color.out);
}
