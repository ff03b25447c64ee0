import type { EngineConfig } from './engine-config.js';
import { complete } from './resolve.js';
import type { ConfigInput } from './schema.js';
import { concealed, type SecretRegistry } from './secret.js';
import { withWritten, writtenOf } from './written.js';

/** The completed configuration; printing it, or the parts of it that hold secrets, shows none. */
export function guarded(input: ConfigInput, secrets: SecretRegistry): EngineConfig {
  const config = complete(input);
  const channels = Object.entries(config.channels).map(([name, channel]) => [name, concealed(channel, secrets)]);
  const shown = concealed(
    { ...config, nats: concealed(config.nats, secrets), channels: Object.fromEntries(channels) },
    secrets,
  );
  return withWritten(shown, { input, secrets });
}

/** The configuration with some parts exchanged: made from the same text, and as silent about its secrets. */
export function variantOf(config: EngineConfig, parts: Partial<EngineConfig>): EngineConfig {
  const written = writtenOf(config);
  const variant = { ...config, ...parts };
  return written === undefined ? variant : withWritten(concealed(variant, written.secrets), written);
}
