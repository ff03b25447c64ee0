import { type ConfigView, namesIn } from './checks/check.js';
import { errorChecks, warningChecks } from './checks/index.js';
import { literalSecrets } from './literal-secrets.js';
import { type Finding, formatPath, type Path, valueAt } from './problems.js';
import { reservedKeys } from './reserved-keys.js';
import { salvage } from './salvage.js';
import { type ConfigInput, configSchema } from './schema.js';
import type { SecretRegistry } from './secret.js';
import { shapeFindings } from './shape.js';

export interface Verdict {
  /** Absent when there are errors. */
  readonly input?: ConfigInput;
  readonly errors: readonly Finding[];
  readonly warnings: readonly Finding[];
}

export interface ValidateOptions {
  /** The tree where references to secrets are not filled in: what messages quote. Default: the tree itself. */
  readonly written?: unknown;
  /** Channels that exist without being declared. */
  readonly extraChannels?: Iterable<string>;
}

/**
 * Everything that is wrong with the tree: first its shape, then the meaning of all parts whose shape is right.
 * Messages quote it without the secrets that are written out.
 */
export function validate(
  tree: unknown,
  secrets: SecretRegistry,
  { written = tree, extraChannels = [] }: ValidateOptions = {},
): Verdict {
  const found = (path: Path) => {
    const value = valueAt(written, path);
    return typeof value === 'string' ? secrets.scrub(value) : value;
  };
  const parsed = configSchema.safeParse(tree);
  const misshapen = parsed.success ? [] : shapeFindings(found, parsed.error.issues);
  const shape = [...misshapen, ...reservedKeys(tree, misshapen)];
  const view = (
    parsed.success
      ? parsed.data
      : salvage(
          tree,
          shape.map(({ path }) => path),
        )
  ) as ConfigView;
  const names = { ...namesIn(tree, extraChannels), isSecret: (text: string) => secrets.scrub(text) !== text };
  const errors = [...shape, ...errorChecks.flatMap((check) => check(view, names))];
  const warnings = warningChecks.flatMap((check) => check(view, names));
  return { errors, warnings, ...(parsed.success && errors.length === 0 ? { input: parsed.data } : {}) };
}

/** A warning for each secret that stands in the file itself. */
export function literalSecretWarnings(tree: unknown): Finding[] {
  return literalSecrets(tree)
    .filter(({ value, inUrl }) => !inUrl && !/(?<!\$)\$\{/.test(value))
    .map(({ path }) => ({
      code: 'CFG401',
      message: `${formatPath(path)} holds a secret that is written out`,
      path,
      hint: `write "\${NAME}" or "\${file:/path}" instead`,
    }));
}
