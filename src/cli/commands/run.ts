import { Command, Option } from 'commander';
import type { MakeCommand } from '../command.js';
import { examples } from '../examples.js';
import { logLevels } from '../logger.js';
import type { RunOptions } from '../options.js';
import { parseListen } from '../parse.js';

/** `tocsin run [config]`: the engine. */
export const runCommand: MakeCommand = (io, done) =>
  new Command('run')
    .summary('run the engine')
    .description('Runs the engine: with a configuration, with ./tocsin.yaml if there is one, else the demo.')
    .argument('[config]', 'configuration file')
    .option('--demo', 'the demo, whatever files there are')
    .option('--listen <host:port>', 'address of page, WebSocket and HTTP, instead of the configured one', parseListen)
    .option('--data <folder>', 'where a private nats-server keeps its state', 'tocsin-data')
    .addOption(new Option('--log-level <level>', 'least grave log line to show').choices(logLevels))
    .option('--no-watch', 'reload the configuration at SIGHUP only, not when its file changes')
    .option('--json', 'print what it prints as JSON lines: ready, then each alert event')
    .addHelpText('before', examples(['tocsin run', 'tocsin run tocsin.yaml --listen 127.0.0.1:8421']))
    .action(async (file: string | undefined, options: RunOptions) => {
      const { runEngine } = await import('../run/run-engine.js');
      done(await runEngine(file, options, io));
    });
