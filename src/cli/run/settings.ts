import type { ConfigProblem } from '../../config/index.js';
import {
  createSecretRegistry,
  type EngineConfig,
  resolveConfig,
  type SecretRegistry,
  variantOf,
} from '../../config/index.js';
import { demoConfig } from '../demo/demo-config.js';
import type { Io } from '../io.js';
import type { RunOptions } from '../options.js';
import { readConfig, usualFile, usualFileExists } from '../read-config.js';

/** What to run. */
export interface Settings {
  readonly config: EngineConfig;
  readonly warnings: readonly ConfigProblem[];
  readonly secrets: SecretRegistry;
  /** The demo publishes its own input and tells a story. */
  readonly demo: boolean;
  /** Absent: the demo. */
  readonly file?: string;
}

/** The configuration that is named, else ./tocsin.yaml, else the demo. Throws a ConfigError. */
export function readSettings(file: string | undefined, options: RunOptions, env: Io['env']): Settings {
  const chosen = options.demo ? undefined : (file ?? (usualFileExists() ? usualFile : undefined));
  const settings = chosen === undefined ? demoSettings() : { ...readConfig(chosen, env), demo: false, file: chosen };
  return { ...settings, config: listeningOn(settings.config, options.listen) };
}

function demoSettings(): Settings {
  return { config: resolveConfig(demoConfig), warnings: [], secrets: createSecretRegistry(), demo: true };
}

function listeningOn(config: EngineConfig, listen: RunOptions['listen']): EngineConfig {
  return listen === undefined ? config : variantOf(config, { gateway: { ...config.gateway, ...listen } });
}
