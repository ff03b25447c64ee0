import {
  type Document,
  isAlias,
  isCollection,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  parseDocument,
  type YAMLError,
} from 'yaml';
import { type ConfigProblem, type Finding, formatPath, type Path } from './problems.js';

export interface YamlFile {
  /** Plain data; `{}` for an empty file. */
  readonly tree: unknown;
  readonly problems: readonly ConfigProblem[];
  /** The problem with its place in the text. */
  readonly locate: (finding: Finding) => ConfigProblem;
}

/** Offsets into the text. */
type Span = readonly [start: number, end: number];
type Start = ReturnType<LineCounter['linePos']>;

/** Reads YAML into plain data without ever throwing; what is wrong is in `problems`. */
export function readYaml(text: string, file: string | undefined): YamlFile {
  const lines = new LineCounter();
  const rows = text.split(/\r?\n/);
  const place = (span: Span) => placed(rows, lines.linePos(Math.min(span[0], text.length)), span[1] - span[0], file);
  const unreadable = (message: string): YamlFile => ({
    tree: undefined,
    problems: [{ code: 'CFG102', message, path: '', ...place([0, 0]) }],
    locate: (finding) => shown(finding, place([0, 0])),
  });
  try {
    const document = parseDocument(text, {
      lineCounter: lines,
      prettyErrors: false,
      stringKeys: true,
      merge: true,
      resolveKnownTags: false,
      logLevel: 'error',
    });
    const faults = [...document.errors, ...document.warnings];
    return {
      tree: faults.every((fault) => fault.code === 'DUPLICATE_KEY') ? plainData(document) : undefined,
      problems: faults.map((fault) => ({ ...describeFault(fault), path: '', ...place(fault.pos) })),
      locate: (finding) => shown(finding, place(spanOf(document, finding))),
    };
  } catch (error) {
    return unreadable(
      error instanceof RangeError ? 'nested too deeply' : `cannot be read: ${(error as Error).message}`,
    );
  }
}

/** A top-level key without a value counts as absent: everything below it may be commented out. */
function plainData(document: Document): unknown {
  const data: unknown = document.toJS({ maxAliasCount: 100 }) ?? {};
  if (typeof data !== 'object' || data === null || Array.isArray(data)) return data;
  return Object.fromEntries(Object.entries(data).filter(([, value]) => value !== null));
}

function describeFault(fault: YAMLError): Pick<ConfigProblem, 'code' | 'message'> {
  switch (fault.code) {
    case 'DUPLICATE_KEY':
      return { code: 'CFG101', message: 'the key stands here a second time' };
    case 'TAG_RESOLVE_FAILED':
    case 'MULTIPLE_DOCS':
    case 'NON_STRING_KEY':
      return { code: 'CFG102', message: firstLine(fault.message) };
    default:
      return { code: 'CFG101', message: firstLine(fault.message) };
  }
}

function firstLine(message: string): string {
  return message.split('\n', 1)[0]!.replace(/; please use .*$/, '');
}

function shown(finding: Finding, place: Partial<ConfigProblem>): ConfigProblem {
  const { at, path, ...said } = finding;
  return { ...said, path: formatPath(path), ...place };
}

function placed(rows: readonly string[], { line, col }: Start, length: number, file: string | undefined) {
  const row = rows[line - 1] ?? '';
  const column = Math.max(1, col);
  return {
    ...(file === undefined ? {} : { file }),
    line: Math.max(1, line),
    column,
    length: Math.max(1, Math.min(length, row.length - column + 1)),
    excerpt: rows.slice(Math.max(0, line - 2), Math.max(1, line)),
  };
}

/** Where the finding stands; for something that is not there, where its parent stands. */
function spanOf(document: Document, { path, at }: Finding): Span {
  let node: unknown = document.contents;
  let key: unknown;
  for (const part of path) {
    const next = step(isAlias(node) ? node.resolve(document) : node, part);
    if (next === undefined) return rangeOf(key) ?? rangeOf(firstOf(node)) ?? [0, 0];
    ({ key, node } = next);
  }
  const keyFirst = at === 'key' || (isCollection(node) && node.flow !== true);
  return (
    (keyFirst ? rangeOf(key) : undefined) ?? rangeOf(isCollection(node) && !node.flow ? firstOf(node) : node) ?? [0, 0]
  );
}

function step(node: unknown, part: Path[number]): { key: unknown; node: unknown } | undefined {
  if (isSeq(node)) return part in node.items ? { key: undefined, node: node.items[Number(part)] } : undefined;
  if (!isMap(node)) return undefined;
  const pair = node.items.find((item) => isScalar(item.key) && item.key.value === part);
  return pair && { key: pair.key, node: pair.value };
}

/** What stands first inside a collection: the whole of it would underline too much. */
function firstOf(node: unknown): unknown {
  if (isMap(node)) return node.items[0]?.key;
  return isSeq(node) ? (firstOf(node.items[0]) ?? node.items[0]) : node;
}

function rangeOf(node: unknown): Span | undefined {
  const range = (node as { range?: readonly number[] | null } | null | undefined)?.range;
  return range ? [range[0]!, range[1]!] : undefined;
}
