import { hostname } from 'node:os';
import { Command } from 'commander';
import type { MakeCommand } from '../command.js';
import { examples } from '../examples.js';
import type { PublishOptions } from '../options.js';
import { collectLabel, parseValue } from '../parse.js';

/** `tocsin publish NAME VALUE`, `tocsin publish --demo`: sends samples. */
export const publishCommand: MakeCommand = (io, done) =>
  new Command('publish')
    .summary('send samples')
    .description(
      'Sends one sample and shows what the engine answers; --demo sends measurements of this machine until stopped.',
    )
    .argument('[name]', 'name of the metric, such as cpu.usage')
    .argument('[value]', 'a number', parseValue)
    .option('--demo', 'measurements of this machine and the made-up shop, until stopped')
    .option('--source <name>', 'who measured', hostname())
    .option('--label <key=value>', 'a label; may be given several times', collectLabel)
    .option('--unit <unit>', 'unit of the value')
    .option(
      '--nats <url>',
      'NATS server (default: NATS_URL, else that of ./tocsin.yaml, else the private one of an engine here, else port 4222)',
    )
    .option('--data <folder>', 'where a private nats-server keeps its state', 'tocsin-data')
    .option('--no-wait', 'do not wait for the answer of the engine')
    .option('--json', 'print JSON')
    .addHelpText('before', examples(['tocsin publish cpu.usage 95 --source web-1', 'tocsin publish --demo']))
    .action(async (name: string | undefined, value: number | undefined, options: PublishOptions, command: Command) => {
      if (!options.demo && (name === undefined || value === undefined)) {
        command.error('error: a NAME and a VALUE are needed, or --demo');
      }
      const { publish } = await import('../publish.js');
      done(await publish(name, value, options, io));
    });
