import { Argument, Command, Option } from 'commander';
import { severities } from '../../model/severity.js';
import type { MakeCommand } from '../command.js';
import { examples } from '../examples.js';
import type { TailOptions } from '../options.js';
import { parseStreamUrl } from '../parse.js';

/** `tocsin tail [metrics|alerts]`: a line an event. */
export const tailCommand: MakeCommand = (io, done) =>
  new Command('tail')
    .summary('a line per event')
    .description('Follows a running engine over WebSocket and prints a line for each event, until stopped.')
    .addArgument(new Argument('[what]', 'what to follow').choices(['alerts', 'metrics']).default('alerts'))
    .option('--url <url>', 'address of the engine (default: that of ./tocsin.yaml, else port 8420)', parseStreamUrl)
    .option('--subject <pattern...>', 'metrics only: NATS patterns (default: metrics.>)')
    .addOption(new Option('--min-severity <severity>', 'alerts only: at least this grave').choices(severities))
    .option('--json', 'print each event as JSON, those of type `sending` too')
    .addHelpText('before', examples(['tocsin tail', "tocsin tail metrics --subject 'metrics.*.cpu.>' --json"]))
    .action(async (what: 'alerts' | 'metrics', options: TailOptions) => {
      const { tail } = await import('../tail.js');
      done(await tail(what, options, io));
    });
