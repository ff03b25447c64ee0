import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { configJsonSchema, problemCodes } from '../../src/config/index.js';
import type { JsonSchema } from '../../src/config/json-schema.js';

const schema = configJsonSchema();

describe('the JSON Schema', () => {
  it('is draft 7, and closed at every level where keys are known', () => {
    expect(schema).toMatchObject({ $schema: 'http://json-schema.org/draft-07/schema#', additionalProperties: false });
    for (const map of every(schema).filter(({ properties }) => properties))
      expect(map.additionalProperties).toBe(false);
  });

  it('knows every key that the example file uses', () => {
    const example: unknown = parse(read('examples/tocsin.yaml'));
    expect(unknownKeys(example, schema)).toEqual([]);
  });

  it('tells editors which severities there are, and what a key is for', () => {
    const rule = schema.properties?.['rules']?.items?.properties;
    expect(rule?.['severity']).toMatchObject({ enum: ['low', 'medium', 'high', 'critical'] });
    expect(rule?.['when']?.description).toBeTypeOf('string');
  });
});

describe('the documentation', () => {
  const text = read('docs/configuration.md');

  it('lists exactly the codes that there are, each with its meaning', () => {
    const listed = [...text.matchAll(/^\| (CFG\d+) \| (.*) \|$/gm)].map(([, code, meaning]) => [code, meaning]);
    expect(listed).toEqual(Object.entries(problemCodes));
  });

  it('names every key', () => {
    const keys = new Set(every(schema).flatMap(({ properties }) => Object.keys(properties ?? {})));
    const absent = [...keys].filter((key) => !new RegExp(`\\b${key}\\b`).test(text));
    expect(absent).toEqual([]);
  });
});

function read(path: string): string {
  return readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');
}

function children({ properties, additionalProperties, items, anyOf, oneOf }: JsonSchema): JsonSchema[] {
  const rest = typeof additionalProperties === 'object' ? [additionalProperties] : [];
  return [...Object.values(properties ?? {}), ...rest, ...(items ? [items] : []), ...(anyOf ?? []), ...(oneOf ?? [])];
}

function every(node: JsonSchema): JsonSchema[] {
  return [node, ...children(node).flatMap(every)];
}

function unknownKeys(value: unknown, node: JsonSchema): string[] {
  const branches = node.anyOf ?? node.oneOf;
  if (branches) return branches.map((branch) => unknownKeys(value, branch)).sort((a, b) => a.length - b.length)[0]!;
  if (Array.isArray(value)) return value.flatMap((item) => unknownKeys(item, node.items!));
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, item]) => {
    const rest = typeof node.additionalProperties === 'object' ? node.additionalProperties : undefined;
    const below = node.properties?.[key] ?? rest;
    return below ? unknownKeys(item, below) : [key];
  });
}
