import { Command } from 'commander';
import type { MakeCommand } from '../command.js';
import { examples } from '../examples.js';
import type { EngineOptions } from '../options.js';
import { withEngine } from './with-engine.js';

/** `tocsin channels [list|test]`. */
export const channelsCommand: MakeCommand = (io, done) => {
  const command = new Command('channels')
    .summary('show how the channels stand, and test one')
    .description('Shows the channels of a running engine, and sends a test over one of them.')
    .addHelpText('before', examples(['tocsin channels', 'tocsin channels test ops-hook']));
  command.addCommand(
    withEngine(new Command('list'))
      .summary('every channel, what it has sent, and what ails it')
      .action(async (options: EngineOptions) => {
        const { listChannels } = await import('../channels.js');
        done(await listChannels(options, io));
      }),
    { isDefault: true },
  );
  command.addCommand(
    withEngine(new Command('test'))
      .summary('send a notification that says that it is a test; fails when it does not arrive')
      .argument('<name>', 'name of the channel')
      .action(async (name: string, options: EngineOptions) => {
        const { testChannel } = await import('../channels.js');
        done(await testChannel(name, options, io));
      }),
  );
  return command;
};
