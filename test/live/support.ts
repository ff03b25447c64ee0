import { type ConfigInput, type EngineConfig, resolveConfig } from '../../src/config/index.js';
import type { EngineUnderTest } from '../support/engine.js';

const webhook = { type: 'webhook', url: 'http://127.0.0.1:9/' } as const;

/** What `startTestEngine` makes of an input. */
export function configOf(input: ConfigInput): EngineConfig {
  return resolveConfig({
    defaultChannels: ['hook'],
    ...input,
    channels: { hook: webhook, pager: webhook, ...input.channels },
  });
}

/** Reloads, and lets come about what that causes. */
export async function reload(test: EngineUnderTest, input: ConfigInput) {
  const report = test.engine.reload(configOf(input));
  await test.advance(0);
  return report;
}
