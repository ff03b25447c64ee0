import type { Command } from 'commander';
import { parseStreamUrl } from '../parse.js';

/** What every command takes that asks a running engine. */
export function withEngine(command: Command): Command {
  return command
    .option('--url <url>', 'address of the engine (default: that of ./tocsin.yaml, else port 8420)', parseStreamUrl)
    .option('--json', 'print it as JSON');
}
