import type { ConfigView } from './checks/check.js';
import { namesIn } from './checks/check.js';
import { errorChecks } from './checks/index.js';
import type { EngineConfig } from './engine-config.js';
import { guarded } from './guarded.js';
import { type ItemChange, type ItemKind, placeOf, withChanges } from './item.js';
import { ConfigError, type ConfigProblem, type Finding, formatPath, type Path, valueAt } from './problems.js';
import { reservedKeys } from './reserved-keys.js';
import { type ConfigInput, configSchema } from './schema.js';
import { shapeFindings } from './shape.js';
import { type Written, writtenOf } from './written.js';

/** A change that does not fit what the rest of the configuration says. */
export interface SetAside<Change extends ItemChange> {
  readonly change: Change;
  readonly problems: readonly ConfigProblem[];
}

export interface Amended<Change extends ItemChange> {
  readonly config: EngineConfig;
  readonly setAside: readonly SetAside<Change>[];
}

/** Channels that exist though no configuration declares them. */
type Extra = Iterable<string>;

/**
 * The configuration with changes made to it. What does not fit it is left out, the later one of two that contradict each
 * other: the same configuration and changes always give the same result.
 */
export function amend<Change extends ItemChange>(
  config: EngineConfig,
  changes: readonly Change[],
  extra: Extra = [],
): Amended<Change> {
  const written = writtenOf(config);
  if (changes.length === 0 || written === undefined) return { config, setAside: [] };
  const setAside: SetAside<Change>[] = [];
  let fitting = changes.filter((change) => {
    const findings = shapeOf(change);
    if (findings.length > 0) setAside.push({ change, problems: described(findings, change, shapePlace(change.kind)) });
    return findings.length === 0;
  });
  for (;;) {
    const input = withChanges(written.input, fitting);
    const findings = meaningOf(input, extra);
    const culprit = findings.length === 0 ? undefined : culpritOf(input, fitting, findings);
    if (culprit === undefined) return { config: guarded(input, written.secrets), setAside };
    setAside.push({
      change: culprit,
      problems: described(findings, culprit, placeOf(input, culprit.kind, culprit.id)),
    });
    fitting = fitting.filter((change) => change !== culprit);
  }
}

/** Throws {@link ConfigError} with all that is wrong with one more change; paths begin at the item: `rule.when`. */
export function checkChange(
  config: EngineConfig,
  changes: readonly ItemChange[],
  next: ItemChange,
  extra: Extra = [],
): void {
  const written = knownOf(config);
  const shape = shapeOf(next);
  if (shape.length > 0) throw new ConfigError(described(shape, next, shapePlace(next.kind)));
  const input = withChanges(written.input, [...changes.filter((each) => !isSame(each, next)), next]);
  const findings = meaningOf(input, extra);
  if (findings.length > 0) throw new ConfigError(described(findings, next, placeOf(input, next.kind, next.id)));
}

export function isSame(a: ItemChange, b: ItemChange): boolean {
  return a.kind === b.kind && a.id === b.id;
}

function knownOf(config: EngineConfig): Written {
  const written = writtenOf(config);
  if (written !== undefined) return written;
  const message = 'a configuration that was put together by hand cannot be changed piece by piece: use resolveConfig';
  throw new ConfigError([{ code: 'CFG201', message, path: '' }]);
}

/** Items that were looked at: they are put once, and looked at again with every other one. */
const sound = new WeakSet<object>();

/** What is wrong with the item by itself. */
function shapeOf({ kind, id, item }: ItemChange): Finding[] {
  if (item === undefined || sound.has(item)) return [];
  const tree = kind === 'template' ? { templates: { template: item } } : { [`${kind}s`]: [{ id, ...item }] };
  const parsed = configSchema.safeParse(tree);
  const misshapen = parsed.success ? [] : shapeFindings((path) => valueAt(tree, path), parsed.error.issues);
  const findings = [...misshapen, ...reservedKeys(tree, misshapen)];
  if (findings.length === 0) sound.add(item);
  return findings;
}

function shapePlace(kind: ItemKind): Path {
  return kind === 'template' ? ['templates', 'template'] : [`${kind}s`, 0];
}

function meaningOf(input: ConfigInput, extra: Extra): Finding[] {
  const names = namesIn(input, extra);
  return errorChecks.flatMap((check) => check(input as ConfigView, names));
}

/** The last change that a problem points at; the last of all where none does. */
function culpritOf<Change extends ItemChange>(
  input: ConfigInput,
  changes: readonly Change[],
  findings: readonly Finding[],
): Change | undefined {
  const blamed = changes.filter(({ kind, id }) => {
    const place = formatPath(placeOf(input, kind, id));
    return findings.some(({ path }) => formatPath(path.slice(0, 2)) === place);
  });
  return blamed.at(-1) ?? changes.at(-1);
}

/** In the words of the one who sent the item: it is not in a list for them. */
function described(findings: readonly Finding[], { kind }: ItemChange, place: Path): ConfigProblem[] {
  const [long, short] = [formatPath(place), kind];
  return findings.map(({ code, message, path, allowed, hint }) => ({
    code,
    message: message.replaceAll(long, short),
    path: formatPath(path).replace(long, short),
    ...(allowed === undefined ? {} : { allowed }),
    ...(hint === undefined ? {} : { hint }),
  }));
}
