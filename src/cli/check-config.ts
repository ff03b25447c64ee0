import { renderProblems } from '../config/index.js';
import { configStages } from './config-stages.js';
import { exitStatus } from './exit-status.js';
import type { Io } from './io.js';
import { readConfig } from './read-config.js';

/** Says what a configuration would do, a line a stage. Throws a ConfigError with everything that is wrong. */
export async function checkConfig(file: string, { json }: { readonly json?: boolean }, io: Io): Promise<number> {
  const { config, warnings, secrets } = readConfig(file, io.env);
  const stages = configStages(config);
  if (json) {
    io.out(secrets.scrub(JSON.stringify({ ok: true, file, stages, warnings })));
    return exitStatus.ok;
  }
  if (warnings.length > 0) io.err(`${renderProblems(warnings, { color: io.color.err })}\n`);
  for (const [stage, text] of Object.entries(stages)) io.out(secrets.scrub(`${stage.padEnd(12)}${text}`));
  const after = warnings.length === 0 ? '' : `, with ${warnings.length} warnings`;
  io.out(`${file} is sound${after}`);
  return exitStatus.ok;
}
