import { Command } from 'commander';
import type { MakeCommand } from '../command.js';
import { examples } from '../examples.js';
import type { EngineOptions } from '../options.js';
import { parseStreamUrl } from '../parse.js';

/** `tocsin explain ALERT`, `tocsin explain RULE SERIES`. */
export const explainCommand: MakeCommand = (io, done) =>
  new Command('explain')
    .summary('why an alert is what it is, or why a rule does not fire')
    .description(
      'With one argument: every decision about an alert, with its reason and time. With two: what a rule makes of a series, given by the name of its source or as name|source|label=value,….',
    )
    .argument('<alert or rule>', 'the id of an alert, or of a rule')
    .argument('[series]', 'a source, or a series')
    .option('--url <url>', 'address of the engine (default: that of ./tocsin.yaml, else port 8420)', parseStreamUrl)
    .option('--json', 'print it as JSON')
    .addHelpText('before', examples(['tocsin explain 0mhk2x4c5-3b8e0c1d5a9f7e21', 'tocsin explain cpu-high web-1']))
    .action(async (id: string, series: string | undefined, options: EngineOptions) => {
      const { explainAlert, explainRule } = await import('../explain.js');
      done(await (series === undefined ? explainAlert(id, options, io) : explainRule(id, series, options, io)));
    });
