import { TocsinError } from '../model/errors.js';
import type { ProblemCode } from './codes.js';

/** One thing that is wrong, or worth a warning, with all that a person needs to mend it. */
export interface ConfigProblem {
  readonly code: ProblemCode;
  readonly message: string;
  /** Where in the configuration, as in `rules[0].when`. */
  readonly path: string;
  readonly file?: string;
  /** 1-based, as `column`. Absent when the configuration is not a file. */
  readonly line?: number;
  readonly column?: number;
  /** Characters from `column` on that are meant. */
  readonly length?: number;
  /** The line at fault, and the one before it. */
  readonly excerpt?: readonly string[];
  /** As `column` and `length`, but in the excerpt, where a secret that was taken out of it has moved them. */
  readonly inExcerpt?: { readonly column: number; readonly length: number };
  /** The value as it was written, with references to secrets unresolved; absent for a map, a list or nothing. */
  readonly found?: string | number | boolean;
  /** A list of values, or a phrase. */
  readonly allowed?: readonly string[] | string;
  readonly hint?: string;
}

export type Path = readonly (string | number)[];

/** A problem before it is known where in the file it stands. */
export interface Finding {
  readonly code: ProblemCode;
  readonly message: string;
  readonly path: Path;
  /** Which end of the pair at `path` is meant; the value when absent. */
  readonly at?: 'key' | 'value';
  readonly allowed?: readonly string[] | string;
  readonly hint?: string;
}

/** Refuses a configuration, with everything that is wrong in it. Code `config_invalid`. */
export class ConfigError extends TocsinError {
  override readonly problems: readonly ConfigProblem[];

  constructor(problems: readonly ConfigProblem[]) {
    super('config_invalid', problems.map(headline).join('\n'));
    this.name = 'ConfigError';
    this.problems = problems;
  }
}

/** The problem on one line: code, position, message. */
export function headline(problem: ConfigProblem): string {
  return [problem.code, position(problem), problem.message].filter((part) => part !== '').join('  ');
}

/** `tocsin.yaml:4:5`; empty when the configuration is not a file. */
export function position({ file, line, column }: ConfigProblem): string {
  if (line === undefined) return file ?? '';
  return `${file ?? ''}:${line}:${column ?? 1}`;
}

/** `rules[0].labels["a b"]`; empty for the whole. */
export function formatPath(path: Path): string {
  return path.reduce<string>((text, part) => text + pathStep(part, text === ''), '');
}

function pathStep(part: string | number, first: boolean): string {
  if (typeof part === 'number') return `[${part}]`;
  if (!/^[A-Za-z_][\w-]*$/.test(part)) return `[${JSON.stringify(part)}]`;
  return first ? part : `.${part}`;
}

/** The value at `path`, looking at own properties only; `undefined` when there is none. */
export function valueAt(tree: unknown, path: Path): unknown {
  let value = tree;
  for (const part of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, part)) return undefined;
    value = (value as Record<string | number, unknown>)[part];
  }
  return value;
}

/** A value as a message quotes it: short, on one line. */
export function quote(value: unknown): string {
  if (value === undefined || value === null) return 'nothing';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object') return 'a map';
  const text = typeof value === 'string' ? JSON.stringify(value) : String(value);
  return text.length > 60 ? `${text.slice(0, 59)}…` : text;
}
