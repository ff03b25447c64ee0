import type { z } from 'zod';
import { configJsonSchema, type JsonSchema } from './json-schema.js';
import { leafOf } from './leaf.js';
import { type Finding, formatPath, type Path, quote, valueAt } from './problems.js';
import { suggest } from './suggest.js';

type Issue = z.core.$ZodIssue;

/** The value at a path as it may be shown: without secrets, because a message may quote only the beginning of it. */
export type Found = (path: Path) => unknown;

/** Where the keys are looked up that might have been meant. */
type SchemaOf = () => JsonSchema;

/** What zod found, in the words of a person. `schemaOf`: of the whole tree. */
export function shapeFindings(
  found: Found,
  issues: readonly Issue[],
  schemaOf: SchemaOf = configJsonSchema,
): Finding[] {
  return issues.flatMap((issue) => describe(found, issue, [], schemaOf));
}

function describe(found: Found, issue: Issue, base: Path, schemaOf: SchemaOf): Finding[] {
  const path = [...base, ...(issue.path as Path)];
  switch (issue.code) {
    case 'unrecognized_keys':
      return issue.keys.map((key) => unknownKey(found, path, key, schemaOf));
    case 'invalid_key':
      return issue.issues.flatMap((inner) => describeKey(path, inner));
    case 'invalid_union':
      return describeUnion(found, issue, path, schemaOf);
    default:
      return [isMissing(found, path) ? missingKey(path) : { path, ...describeValue(issue, found(path), path) }];
  }
}

type Described = Omit<Finding, 'path'>;

function describeValue(issue: Issue, value: unknown, path: Path): Described {
  const where = formatPath(path) || 'the configuration';
  const must = (what: string) => `${where} must be ${what}, found ${quote(value)}`;
  switch (issue.code) {
    case 'invalid_value':
      return { code: 'CFG203', message: `${where} cannot be ${quote(value)}`, ...choices(value, issue.values) };
    case 'too_small':
    case 'too_big':
      return describeBounds(issue, where, must);
    case 'custom':
      return describeLeaf(issue, value, must);
    case 'invalid_type':
      return { code: 'CFG201', message: must(typeName(issue.expected)), ...quoteHint(issue.expected, value) };
    default:
      return { code: 'CFG201', message: `${where}: ${issue.message}` };
  }
}

function describeLeaf(issue: Issue & { code: 'custom' }, value: unknown, must: (what: string) => string): Described {
  const kind = leafOf(issue.params);
  if (kind === undefined) return { code: 'CFG201', message: issue.message };
  const hint = kind.hint?.(value);
  return {
    code: kind.code,
    message: must(kind.what),
    ...(kind.allowed === undefined ? {} : { allowed: kind.allowed }),
    ...(hint === undefined ? {} : { hint }),
  };
}

function describeBounds(
  issue: Issue & { code: 'too_small' | 'too_big' },
  where: string,
  must: (what: string) => string,
): Described {
  const bound = issue.code === 'too_small' ? `at least ${issue.minimum}` : `at most ${issue.maximum}`;
  if (issue.origin !== 'array') return { code: 'CFG208', message: must(bound) };
  return { code: 'CFG209', message: `${where} must have ${bound} ${bound.endsWith(' 1') ? 'item' : 'items'}` };
}

function choices(value: unknown, values: readonly unknown[]): Pick<Finding, 'allowed' | 'hint'> {
  const allowed = values.map(String);
  const meant = typeof value === 'string' ? suggest(value, allowed) : undefined;
  return { allowed, ...(meant === undefined ? {} : { hint: `did you mean "${meant}"?` }) };
}

function quoteHint(expected: string, value: unknown): Pick<Finding, 'hint'> {
  if (expected === 'boolean' && /^(yes|no|on|off)$/i.test(String(value))) return { hint: 'write true or false' };
  if (expected === 'array' && typeof value === 'string') return { hint: `write a list: [${value}]` };
  return {};
}

function typeName(expected: string): string {
  const names: Readonly<Record<string, string>> = {
    object: 'a map',
    record: 'a map',
    array: 'a list',
    string: 'text',
    number: 'a number',
    int: 'a whole number',
    boolean: 'true or false',
  };
  return names[expected] ?? expected;
}

function isMissing(found: Found, path: Path): boolean {
  return path.length > 0 && typeof path.at(-1) === 'string' && found(path) === undefined;
}

function missingKey(path: Path): Finding {
  return { code: 'CFG202', message: `missing key "${path.at(-1)}"${inside(path.slice(0, -1))}`, path };
}

function unknownKey(found: Found, path: Path, key: string, schemaOf: SchemaOf): Finding {
  const known = keysAt(found, path, schemaOf());
  const meant = suggest(key, Object.keys(known));
  const allowed = meant === undefined ? Object.keys(known) : known[meant]?.enum?.map(String);
  return {
    code: 'CFG204',
    message: `unknown key ${quote(key)}${inside(path)}`,
    path: [...path, key],
    at: 'key',
    ...(meant === undefined ? {} : { hint: `did you mean "${meant}"?` }),
    ...(allowed === undefined ? {} : { allowed }),
  };
}

function inside(path: Path): string {
  return path.length === 0 ? '' : ` in ${formatPath(path)}`;
}

function describeKey(path: Path, issue: Issue): Finding[] {
  const kind = issue.code === 'custom' ? leafOf(issue.params) : undefined;
  const message = `${quote(path.at(-1))} cannot be ${kind?.what ?? 'a key'}${inside(path.slice(0, -1))}`;
  const allowed = kind?.allowed;
  return [{ code: kind?.code ?? 'CFG210', message, path, at: 'key', ...(allowed === undefined ? {} : { allowed }) }];
}

/** Every union here is text, or else a list or map: the value itself tells which of the two was meant. */
function describeUnion(
  found: Found,
  issue: Issue & { code: 'invalid_union' },
  path: Path,
  schemaOf: SchemaOf,
): Finding[] {
  const value = found(path);
  if (issue.errors.length === 0) return [isMissing(found, path) ? missingKey(path) : unknownType(issue, value, path)];
  const meant = typeof value === 'object' && value !== null ? issue.errors.at(-1) : issue.errors[0];
  return (meant ?? []).flatMap((inner) => describe(found, inner, path, schemaOf));
}

function unknownType(issue: Issue & { code: 'invalid_union' }, value: unknown, path: Path): Finding {
  const options = 'options' in issue && Array.isArray(issue.options) ? issue.options : [];
  return { code: 'CFG203', message: `${formatPath(path)} cannot be ${quote(value)}`, path, ...choices(value, options) };
}

/** The keys that a map at `path` may have, with the schema of each. */
function keysAt(found: Found, path: Path, whole: JsonSchema): Readonly<Record<string, JsonSchema>> {
  let schema: JsonSchema | undefined = whole;
  for (let depth = 0; depth < path.length && schema !== undefined; depth++) {
    schema = below(branchFor(schema, found(path.slice(0, depth))), path[depth]!);
  }
  const map = schema && branchFor(schema, found(path));
  const names = map?.propertyNames?.enum?.map((name) => [String(name), {}] as const);
  return map?.properties ?? Object.fromEntries(names ?? []);
}

function below(schema: JsonSchema, part: string | number): JsonSchema | undefined {
  if (typeof part === 'number') return schema.items;
  const rest = schema.additionalProperties;
  return schema.properties?.[part] ?? (typeof rest === 'object' ? rest : undefined);
}

function branchFor(schema: JsonSchema, value: unknown): JsonSchema {
  const branches = schema.oneOf ?? schema.anyOf ?? [schema];
  const type = valueAt(value, ['type']);
  const map = branches.filter((branch) => branch.properties !== undefined);
  return map.find((branch) => branch.properties?.['type']?.const === type) ?? map[0] ?? branches.at(-1) ?? schema;
}
