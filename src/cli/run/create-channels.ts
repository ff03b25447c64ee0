import { createChannel } from '../../channels/create-channel.js';
import type { ChannelConfig, EngineConfig } from '../../config/index.js';
import type { Channel } from '../../model/channel.js';
import type { Logger } from '../../model/logger.js';
import type { Io } from '../io.js';

type MakeChannel = (name: string, config: ChannelConfig) => Channel;

/** Makes channels that write where a person reads. With `json`, stdout is for JSON alone and the console channel moves to stderr. */
export function channelMaker(io: Io, log: Logger, json: boolean): MakeChannel {
  const deps = json
    ? { log, write: (line: string) => io.err(line), color: io.color.err }
    : { log, write: (line: string) => io.out(line), color: io.color.out };
  return (name, config) => createChannel(name, config, deps);
}

/** The channels of a configuration, by name. */
export function createChannels({ channels }: EngineConfig, make: MakeChannel): ReadonlyMap<string, Channel> {
  return new Map(Object.entries(channels).map(([name, config]) => [name, make(name, config)]));
}
