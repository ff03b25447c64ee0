import type { EngineConfig } from './engine-config.js';
import { guarded } from './guarded.js';
import { interpolate, type References } from './interpolate.js';
import { literalSecrets } from './literal-secrets.js';
import { ConfigError, type ConfigProblem, type Finding, formatPath, valueAt } from './problems.js';
import type { ConfigInput } from './schema.js';
import { createSecretRegistry, redact, type SecretRegistry } from './secret.js';
import { literalSecretWarnings, validate } from './validate.js';
import { readYaml } from './yaml.js';

export interface LoadOptions extends References {
  /** Name of the file in messages. */
  readonly file?: string;
}

export interface LoadedConfig {
  readonly config: EngineConfig;
  readonly warnings: readonly ConfigProblem[];
  /** Every secret in the configuration: what a logger must scrub. */
  readonly secrets: SecretRegistry;
}

/**
 * Reads a configuration file. Fills in `${NAME}` and `${file:/path}`, checks everything, completes it with defaults.
 * Throws {@link ConfigError} (`config_invalid`) with all problems, in the order of the file.
 */
export function loadConfig(text: string, options: LoadOptions): LoadedConfig {
  const secrets = createSecretRegistry();
  const yaml = readYaml(text, options.file);
  const filled = interpolate(yaml.tree, options);
  for (const value of [...filled.secrets, ...literalSecrets(filled.tree).map((s) => s.value)]) secrets.add(value);

  const located = (finding: Finding) => disclosed(yaml.locate(finding), valueAt(yaml.tree, finding.path), secrets);
  const verdict = yaml.tree === undefined ? undefined : validate(filled.tree, secrets, { written: yaml.tree });
  const unresolved = new Set(filled.findings.map(({ path }) => formatPath(path)));
  const errors = verdict?.errors.filter(({ path }) => !unresolved.has(formatPath(path))) ?? [];
  const problems = [
    ...yaml.problems.map((problem) => disclosed(problem, undefined, secrets)),
    ...[...filled.findings, ...errors].map(located),
  ];
  if (problems.length > 0 || verdict?.input === undefined) throw new ConfigError(inOrder(problems));
  const warnings = [...literalSecretWarnings(yaml.tree), ...verdict.warnings].map(located);
  return { config: guarded(verdict.input, secrets), warnings: inOrder(warnings), secrets };
}

export interface ResolveOptions {
  /** Names of channels that exist without being declared: those given in code. */
  readonly channels?: Iterable<string>;
}

/**
 * Checks a configuration given as an object, in the shape of the file, and completes it with defaults.
 * Throws {@link ConfigError} (`config_invalid`) with all problems.
 */
export function resolveConfig(input: ConfigInput = {}, { channels = [] }: ResolveOptions = {}): EngineConfig {
  const secrets = createSecretRegistry();
  for (const { value } of literalSecrets(input)) secrets.add(value);
  const verdict = validate(input, secrets, { extraChannels: channels });
  if (verdict.input !== undefined) return guarded(verdict.input, secrets);
  const described = verdict.errors.map(({ path, at: _, ...said }) =>
    disclosed({ ...said, path: formatPath(path) }, valueAt(input, path), secrets),
  );
  throw new ConfigError(described);
}

/** With the value as it was written, unless it is a whole map or list, and without any secret. */
function disclosed(problem: ConfigProblem, found: unknown, secrets: SecretRegistry): ConfigProblem {
  const isScalar = ['string', 'number', 'boolean'].includes(typeof found);
  return redact({ ...problem, ...(isScalar ? { found } : {}), ...moved(problem, secrets) }, secrets) as ConfigProblem;
}

function moved({ column, length, excerpt }: ConfigProblem, secrets: SecretRegistry): Pick<ConfigProblem, 'inExcerpt'> {
  if (column === undefined || length === undefined) return {};
  const [start, end] = secrets.moved(excerpt?.at(-1) ?? '', column - 1, column - 1 + length);
  if (start === column - 1 && end === start + length) return {};
  return { inExcerpt: { column: start + 1, length: end - start } };
}

function inOrder(problems: readonly ConfigProblem[]): ConfigProblem[] {
  const place = ({ line = 0, column = 0 }: ConfigProblem) => [line, column] as const;
  return [...problems].sort((a, b) => place(a)[0] - place(b)[0] || place(a)[1] - place(b)[1]);
}
