import type { Finding, Path } from './problems.js';

export interface References {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Reads the file of `${file:…}`; throws when it cannot. */
  readonly readFile: (path: string) => string;
}

export interface Interpolated {
  readonly tree: unknown;
  /** Values that came from the environment or a file. */
  readonly secrets: readonly string[];
  readonly findings: readonly Finding[];
}

/** Deeper than any sensible configuration, and far from the end of the stack. */
const maxDepth = 64;
const reference = /\$\$\{|\$\{([^{}]*)\}|\$\{/g;

/** A copy of the tree with `${NAME}` and `${file:/path}` filled in in every string; `$${` stands for `${`. */
export function interpolate(tree: unknown, from: References): Interpolated {
  const secrets: string[] = [];
  const findings: Finding[] = [];

  const resolve = (expression: string | undefined, path: Path): string => {
    const resolved = expression === undefined ? malformed : lookUp(expression, from);
    if (typeof resolved === 'string') {
      secrets.push(resolved);
      return resolved;
    }
    findings.push({ ...resolved, path });
    return '';
  };
  const fill = (text: string, path: Path) =>
    text.replace(reference, (all, expression?: string) => (all === '$${' ? '${' : resolve(expression, path)));
  const walk = (value: unknown, path: Path): unknown => {
    if (typeof value === 'string') return value.includes('${') ? fill(value, path) : value;
    if (typeof value !== 'object' || value === null) return value;
    if (path.length >= maxDepth) return void findings.push({ ...tooDeep, path });
    if (Array.isArray(value)) return value.map((item, i) => walk(item, [...path, i]));
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, walk(item, [...path, key])]));
  };

  return { tree: walk(tree, []), secrets, findings };
}

type Failure = Omit<Finding, 'path'>;

const malformed: Failure = {
  code: 'CFG105',
  message: 'a reference is malformed',
  allowed: `"\${NAME}", "\${file:/path}", or "$\${" for a plain "\${"`,
};
const tooDeep: Failure = { code: 'CFG102', message: `nested more than ${maxDepth} levels deep, or inside itself` };

function lookUp(expression: string, from: References): string | Failure {
  if (expression.startsWith('file:')) return readSecret(expression.slice('file:'.length), from);
  if (!/^[A-Za-z_]\w*$/.test(expression)) return malformed;
  const value = Object.hasOwn(from.env, expression) ? from.env[expression] : undefined;
  if (value !== undefined) return value;
  return { code: 'CFG103', message: `the environment variable ${expression} is not set` };
}

function readSecret(path: string, from: References): string | Failure {
  if (path.trim() === '') return malformed;
  try {
    return from.readFile(path).replace(/\r?\n$/, '');
  } catch (error) {
    const reason = (error as { code?: unknown } | undefined)?.code ?? 'it cannot be read';
    return { code: 'CFG104', message: `the file ${path} cannot be read (${String(reason)})` };
  }
}
