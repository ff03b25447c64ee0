import { z } from 'zod';
import { configSchema } from './schema.js';

/** The part of JSON Schema that the configuration's own schema uses. */
export interface JsonSchema {
  readonly title?: string;
  readonly type?: string | readonly string[];
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly additionalProperties?: JsonSchema | boolean;
  readonly propertyNames?: JsonSchema;
  readonly items?: JsonSchema;
  readonly anyOf?: readonly JsonSchema[];
  readonly oneOf?: readonly JsonSchema[];
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly description?: string;
}

let built: JsonSchema | undefined;

/** JSON Schema (draft 7) of the configuration file, for editors. Built when it is first asked for. */
export function configJsonSchema(): JsonSchema {
  built ??= buildSchema();
  return built;
}

function buildSchema(): JsonSchema {
  const schema = z.toJSONSchema(configSchema, { target: 'draft-7', io: 'input', unrepresentable: 'any' });
  return { ...(schema as JsonSchema), title: 'Tocsin configuration' };
}
