import type { EngineConfig } from './engine-config.js';
import { guarded } from './guarded.js';
import { interpolate, type References } from './interpolate.js';
import { type ConfigProblem, type Finding, formatPath } from './problems.js';
import { createSecretRegistry } from './secret.js';
import { validate } from './validate.js';

/** A configuration, or a part of one, and where its parts stand in a file. */
export interface ConfigLayer {
  readonly tree: Readonly<Record<string, unknown>>;
  /** The problem with its place; the path begins at this tree. */
  readonly locate: (finding: Finding) => ConfigProblem;
}

export interface LayeredConfig {
  /** Absent when there are problems. */
  readonly config?: EngineConfig;
  readonly problems: readonly ConfigProblem[];
}

/** One configuration of several layers: of each key at the top, the last layer that has it counts. */
export function layeredConfig(layers: readonly ConfigLayer[], references: References): LayeredConfig {
  const written: Record<string, unknown> = Object.assign({}, ...layers.map(({ tree }) => tree));
  const filled = interpolate(written, references);
  const secrets = createSecretRegistry();
  for (const secret of filled.secrets) secrets.add(secret);
  const { input, errors } = validate(filled.tree, secrets, { written });
  const unresolved = new Set(filled.findings.map(({ path }) => formatPath(path)));
  const findings = [...filled.findings, ...errors.filter(({ path }) => !unresolved.has(formatPath(path)))];
  const problems = findings.map((finding) => ownerOf(finding, layers).locate(finding));
  return input === undefined || problems.length > 0 ? { problems } : { config: guarded(input, secrets), problems };
}

function ownerOf({ path }: Finding, layers: readonly ConfigLayer[]): ConfigLayer {
  const [key = ''] = path;
  return layers.findLast(({ tree }) => Object.hasOwn(tree, key)) ?? layers.at(-1)!;
}
