import type { EngineConfig } from './engine-config.js';
import { complete } from './resolve.js';
import type { ConfigInput } from './schema.js';
import { concealed, type SecretRegistry } from './secret.js';
import { withWritten } from './written.js';

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
