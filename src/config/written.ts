import type { EngineConfig } from './engine-config.js';
import type { ConfigInput } from './schema.js';
import type { SecretRegistry } from './secret.js';

/** What a configuration was made from: as it was written, defaults left out, references to secrets filled in. */
export interface Written {
  readonly input: ConfigInput;
  readonly secrets: SecretRegistry;
}

/** Beside the configuration and not in it, so that nobody prints or stores it with the rest. */
const known = new WeakMap<EngineConfig, Written>();

/** Notes what a configuration was made from, for those who change it while it runs. */
export function withWritten<Config extends EngineConfig>(config: Config, written: Written): Config {
  known.set(config, written);
  return config;
}

/** `undefined` for a configuration that was put together by hand. */
export function writtenOf(config: EngineConfig): Written | undefined {
  return known.get(config);
}
