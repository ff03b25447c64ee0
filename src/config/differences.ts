import type { EngineConfig } from './engine-config.js';
import { type ItemKind, itemsOfKind } from './item.js';
import { formatPath, type Path } from './problems.js';
import type { ConfigInput } from './schema.js';
import { redact } from './secret.js';
import { writtenOf } from './written.js';

/** One thing that two configurations say differently. */
export interface ConfigDifference {
  /** Items by their id: `rules.cpu.when`. */
  readonly path: string;
  readonly kind: 'added' | 'removed' | 'changed';
  /** For a person, on one line, without secrets: `rules.cpu.when: "> 80" → "> 90"`. */
  readonly text: string;
}

/** Everything that `next` says differently from `before`, as both were written. */
export function differences(before: EngineConfig, next: EngineConfig): readonly ConfigDifference[] {
  const redacted = (side: Side, value: unknown) => shown(redact(value, side.secrets));
  const [a, b] = [writtenOf(before), writtenOf(next)];
  if (a === undefined || b === undefined) return [];
  const found: ConfigDifference[] = [];
  const compare = (one: unknown, other: unknown, path: Path): void => {
    if (isMap(one) && isMap(other) && path.length < wholeFrom) {
      for (const key of new Set([...Object.keys(one), ...Object.keys(other)]))
        compare(one[key], other[key], [...path, key]);
      return;
    }
    if (path.length === 1 && (one === undefined ? isMap(other) : other === undefined && isMap(one))) {
      // A section that one of the two leaves out: told item by item.
      compare(one ?? {}, other ?? {}, path);
      return;
    }
    const [was, is] = [redacted(a, one), redacted(b, other)];
    if (same(one, other)) return;
    const at = formatPath(path);
    if (one === undefined) found.push({ path: at, kind: 'added', text: `${at} added: ${is}` });
    else if (other === undefined) found.push({ path: at, kind: 'removed', text: `${at} removed: ${was}` });
    else found.push({ path: at, kind: 'changed', text: `${at}: ${was} → ${is === was ? 'another value' : is}` });
  };
  compare(byId(a.input), byId(b.input), []);
  return found;
}

type Side = NonNullable<ReturnType<typeof writtenOf>>;

/** Below this depth a value is shown as a whole. */
const wholeFrom = 4;
const longestShown = 100;

/** Lists of items as maps, so that one that moved or went does not look like a change of all after it. */
function byId(input: ConfigInput): Readonly<Record<string, unknown>> {
  const { presets, ...rest } = input;
  const list = (kind: ItemKind) => Object.fromEntries(itemsOfKind(input, kind));
  return { ...rest, rules: list('rule'), routes: input.routes === undefined ? {} : list('route') };
}

function isMap(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function same(a: unknown, b: unknown): boolean {
  return a === b || JSON.stringify(a) === JSON.stringify(b);
}

function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? 'nothing';
  return text.length > longestShown ? `${text.slice(0, longestShown - 1)}…` : text;
}
