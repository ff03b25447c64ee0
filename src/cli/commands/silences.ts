import { userInfo } from 'node:os';
import { Command, InvalidArgumentError, Option } from 'commander';
import { type SilenceMatcher, silenceOps, silenceStates } from '../../model/silence.js';
import type { MakeCommand } from '../command.js';
import { examples } from '../examples.js';
import type { EngineOptions, SilenceAddOptions, SilenceListOptions } from '../options.js';
import { parseMoment } from '../parse.js';
import { withEngine } from './with-engine.js';

/** `tocsin silences [list|add|end]`. */
export const silencesCommand: MakeCommand = (io, done) => {
  const command = new Command('silences')
    .summary('keep alerts quiet for a while')
    .description('Shows the silences of a running engine, makes new ones, and ends them.')
    .addHelpText(
      'before',
      examples([
        'tocsin silences',
        "tocsin silences add source=db-1 'title~Disk.*' --until 2h --comment maintenance",
        'tocsin silences end 0mhk2x4c5-3b8e0c1d',
      ]),
    );
  command.addCommand(
    withEngine(new Command('list'))
      .summary('the silences (default: those that are not over)')
      .addOption(
        new Option('--state <state...>', 'in one of these states')
          .choices(silenceStates)
          .default(['pending', 'active']),
      )
      .action(async (options: SilenceListOptions) => {
        const { listSilences } = await import('../silences.js');
        done(await listSilences(options, io));
      }),
    { isDefault: true },
  );
  command.addCommand(
    withEngine(new Command('add'))
      .summary('silence what meets all matchers')
      .argument('<matcher...>', 'source=db-1, severity!=critical, title^=Disk, region~eu-[0-9]+', collectMatcher)
      .option('--until <time>', 'its end: 2h, or an ISO 8601 time (default: 2h)', parseMoment)
      .option('--from <time>', 'its start, written in the same way (default: now)', parseMoment)
      .option('--comment <text>', 'why')
      .option('--by <name>', 'who does it (default: your login name)')
      .option('--dry-run', 'only tell which open alerts it would mute')
      .action(async (matchers: readonly SilenceMatcher[], options: AddOptions) => {
        const { addSilence } = await import('../silences.js');
        done(await addSilence(matchers, fieldsOf(options), io));
      }),
  );
  command.addCommand(
    withEngine(new Command('end'))
      .summary('end one before its time')
      .argument('<id>', 'its id')
      .option('--by <name>', 'who does it (default: your login name)')
      .action(
        async (id: string, { by = userInfo().username, ...options }: EngineOptions & { readonly by?: string }) => {
          const { endSilence } = await import('../silences.js');
          done(await endSilence(id, by, options, io));
        },
      ),
  );
  return command;
};

interface AddOptions extends EngineOptions {
  readonly until?: string;
  readonly from?: string;
  readonly comment?: string;
  readonly by?: string;
  readonly dryRun?: boolean;
}

function fieldsOf({ until, from, comment, by, ...options }: AddOptions): SilenceAddOptions {
  return {
    ...options,
    endsAt: until ?? parseMoment('2h'),
    ...(from === undefined ? {} : { startsAt: from }),
    comment: comment ?? 'from the command line',
    by: by ?? userInfo().username,
  };
}

/** The first operator in the text counts, so that a value may hold others. */
const matcherPattern = new RegExp(`^([^=!^~]+)(${silenceOps.map((op) => op.replace('^', '\\^')).join('|')})(.*)$`, 's');

function collectMatcher(text: string, before: readonly SilenceMatcher[] = []): readonly SilenceMatcher[] {
  const [, name, op, value] = matcherPattern.exec(text) ?? [];
  const known = silenceOps.find((each) => each === op);
  if (name === undefined || known === undefined || value === undefined) {
    throw new InvalidArgumentError(`It must be NAME and VALUE with ${silenceOps.join(' ')} between them.`);
  }
  return [...before, { name, op: known, value }];
}
