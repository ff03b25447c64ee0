import { createChannel } from '../../channels/create-channel.js';
import type { EngineConfig } from '../../config/index.js';
import type { Channel } from '../../model/channel.js';
import type { Logger } from '../../model/logger.js';
import type { Io } from '../io.js';

/** The channels of a configuration, by name. With `json`, stdout is for JSON alone and the console channel moves to stderr. */
export function createChannels(
  { channels }: EngineConfig,
  io: Io,
  log: Logger,
  json: boolean,
): ReadonlyMap<string, Channel> {
  const deps = json
    ? { log, write: (line: string) => io.err(line), color: io.color.err }
    : { log, write: (line: string) => io.out(line), color: io.color.out };
  return new Map(Object.entries(channels).map(([name, config]) => [name, createChannel(name, config, deps)]));
}
