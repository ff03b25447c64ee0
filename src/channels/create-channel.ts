import type { Channel, ChannelPolicy } from '../model/channel.js';
import type { Logger } from '../model/logger.js';
import { createConsoleChannel } from './console.js';
import { createLogChannel } from './log.js';
import { createWebhookChannel, type WebhookOptions } from './webhook.js';

export type ChannelOptions = ChannelPolicy &
  ({ readonly type: 'log' } | { readonly type: 'console' } | ({ readonly type: 'webhook' } & WebhookOptions));

export interface ChannelDeps {
  readonly log: Logger;
  /** Takes one line without its line end. */
  readonly write: (line: string) => void;
  /** Whether lines may carry colour. */
  readonly color: boolean;
  /** Default: the built-in `fetch`. */
  readonly fetch?: typeof fetch;
}

/** Makes the channel that the configuration describes. A disabled one exists, and is never available. */
export function createChannel(name: string, options: ChannelOptions, deps: ChannelDeps): Channel {
  const channel = { ...create(name, options, deps), ...policyOf(options) };
  return options.enabled === false ? { ...channel, isAvailable: () => false } : channel;
}

function policyOf({ enabled, rate, fallback, fallbackAfterMs }: ChannelPolicy): ChannelPolicy {
  return {
    ...(enabled === undefined ? {} : { enabled }),
    ...(rate === undefined ? {} : { rate }),
    ...(fallback === undefined ? {} : { fallback }),
    ...(fallbackAfterMs === undefined ? {} : { fallbackAfterMs }),
  };
}

function create(name: string, options: ChannelOptions, deps: ChannelDeps): Channel {
  switch (options.type) {
    case 'log':
      return createLogChannel(name, deps.log);
    case 'console':
      return createConsoleChannel(name, deps);
    case 'webhook':
      return createWebhookChannel(name, options, deps.fetch ?? fetch);
  }
}
