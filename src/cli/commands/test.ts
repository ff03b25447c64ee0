import { Command } from 'commander';
import type { MakeCommand } from '../command.js';
import { examples } from '../examples.js';

/** `tocsin test FILE…`: runs scenarios in virtual time, without a server. */
export const testCommand: MakeCommand = (io, done) =>
  new Command('test')
    .summary('run rule tests')
    .description('Runs scenarios: samples and alerts in, expected alerts and notifications out, in virtual time.')
    .argument('<file...>', 'files of scenarios; see docs/scenarios.md')
    .option('--only <text>', 'scenarios with this text in their title')
    .option('--json', 'print one JSON object a scenario')
    .addHelpText('before', examples(['tocsin test rules.test.yaml', 'tocsin test test/*.yaml --only "High CPU"']))
    .action(async (files: readonly string[], options: { readonly only?: string; readonly json?: boolean }) => {
      const { testFiles } = await import('../test-files.js');
      done(await testFiles(files, options, io));
    });
