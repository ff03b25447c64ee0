import { Command } from 'commander';
import type { MakeCommand } from '../command.js';
import { examples } from '../examples.js';

/** `tocsin check [config]`: says what a configuration would do, or everything that is wrong with it. */
export const checkCommand: MakeCommand = (io, done) =>
  new Command('check')
    .summary('check a configuration')
    .description('Checks a configuration without running it: one line a stage, and where an example alert would go.')
    .argument('[config]', 'configuration file', 'tocsin.yaml')
    .option('--json', 'print JSON')
    .addHelpText('before', examples(['tocsin check', 'tocsin check tocsin.yaml --json']))
    .action(async (file: string, options: { readonly json?: boolean }) => {
      const { checkConfig } = await import('../check-config.js');
      done(await checkConfig(file, options, io));
    });
