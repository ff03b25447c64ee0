import { Command, CommanderError } from 'commander';
import { alertsCommand } from './commands/alerts.js';
import { channelsCommand } from './commands/channels.js';
import { checkCommand } from './commands/check.js';
import { deliveriesCommand } from './commands/deliveries.js';
import { explainCommand } from './commands/explain.js';
import { publishCommand } from './commands/publish.js';
import { raiseCommand } from './commands/raise.js';
import { runCommand } from './commands/run.js';
import { silencesCommand } from './commands/silences.js';
import { tailCommand } from './commands/tail.js';
import { testCommand } from './commands/test.js';
import { examples } from './examples.js';
import { exitStatus } from './exit-status.js';
import type { Io } from './io.js';
import { version } from './version.js';

/** Runs one command line, without node's own first two arguments. Resolves with the exit status, never rejects. */
export async function runCli(args: readonly string[], io: Io): Promise<number> {
  let status: number = exitStatus.ok;
  const program = createProgram(io, (ended) => {
    status = ended;
  });
  try {
    await program.parseAsync(args, { from: 'user' });
    return status;
  } catch (error) {
    // Commander has said what was wrong already.
    if (error instanceof CommanderError) return error.exitCode === 0 ? exitStatus.ok : exitStatus.usage;
    const { reportError } = await import('./report.js');
    return reportError(error, io, args.includes('--json'));
  }
}

function createProgram(io: Io, done: (status: number) => void): Command {
  const program = new Command('tocsin')
    // Options belong to the innermost command before them: `raise risk` has some of the names that `raise` has.
    .enablePositionalOptions()
    .description('Real-time alert engine: metrics on NATS in, alerts to channels, browsers and programs out.')
    .version(version)
    .addHelpText(
      'before',
      examples(['tocsin run                        the demo', 'tocsin run tocsin.yaml            your rules']),
    )
    .addHelpText('after', exitText);
  for (const command of [
    runCommand,
    checkCommand,
    publishCommand,
    raiseCommand,
    alertsCommand,
    silencesCommand,
    channelsCommand,
    deliveriesCommand,
    explainCommand,
    tailCommand,
    testCommand,
  ]) {
    program.addCommand(command(io, done));
  }
  speakThrough(program, io);
  return program;
}

const exitText = `
Exit status: 0 good, 1 failed, 2 wrong usage, 69 something needed cannot be
reached, 78 bad configuration.`;

/** Commander would write and exit by itself. */
function speakThrough(command: Command, io: Io): void {
  for (const inner of command.commands) speakThrough(inner, io);
  command
    .exitOverride()
    .showHelpAfterError('(--help shows how)')
    .configureOutput({
      writeOut: (text) => io.out(withoutLineEnd(text)),
      writeErr: (text) => io.err(withoutLineEnd(text)),
      getOutHasColors: () => io.color.out,
      getErrHasColors: () => io.color.err,
    });
}

function withoutLineEnd(text: string): string {
  return text.replace(/\n$/, '');
}
