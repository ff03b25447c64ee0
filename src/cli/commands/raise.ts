import { Command, Option } from 'commander';
import { executionAlert, type RaiseFields, riskAlert, tradeAlert } from '../../model/raisers.js';
import { type Severity, severities } from '../../model/severity.js';
import type { MakeCommand } from '../command.js';
import { examples } from '../examples.js';
import type { Io } from '../io.js';
import type { RaiseOptions } from '../options.js';
import { collectLabel, collectText } from '../parse.js';

type Done = (status: number) => void;

/** `tocsin raise TITLE [MESSAGE]`, `tocsin raise trade|risk|execution …`: an alert, without any rule. */
export const raiseCommand: MakeCommand = (io, done) => {
  const command = withCommon(new Command('raise').enablePositionalOptions())
    .summary('raise or resolve an alert')
    .description('Raises an alert and shows what became of it; the same --key resolves it again.')
    .argument('[title]', 'what is wrong, in a few words')
    .argument('[message]', 'more of it')
    .option('--category <word>', 'such as trade risk system market (default: system, or that of the template)')
    .option('--source <name>', 'who says so')
    .option('--label <key=value>', 'a label; may be given several times', collectLabel)
    .option('--key <text>', 'identity: one alert is open for a key')
    .option('--template <name>', 'makes title and message')
    .option('--set <key=value>', 'a variable of the template; may be given several times', collectLabel)
    .option('--resolve-after <duration>', 'resolved by itself when not raised again, such as 30m')
    .option('--event', 'it happened once and is never open')
    .option('--resolve', 'it is over')
    .addHelpText(
      'before',
      examples([
        'tocsin raise "Disk full" "no space left on db-1" --severity high --key db-1',
        'tocsin raise --key db-1 --resolve',
        'tocsin raise --template disk_full --source db-1 --set value=97',
        'tocsin raise risk VaR 12 10',
      ]),
    )
    .action(async (title: string | undefined, message: string | undefined, options: RaiseOptions, self: Command) => {
      const titled = title ?? options.template ?? (options.resolve ? options.key : undefined);
      if (titled === undefined) self.error('error: a TITLE is needed, or --template, or --key with --resolve');
      if (options.event && options.resolve) self.error('error: --event and --resolve exclude each other');
      await send(fieldsOf(title, message, options), options, io, done);
    });
  for (const raiser of raisers(io, done)) command.addCommand(raiser);
  return command;
};

function raisers(io: Io, done: Done): Command[] {
  const raiser = (usage: string, summary: string, fields: (given: readonly string[], common: Common) => RaiseFields) =>
    withCommon(new Command(usage.split(' ')[0]))
      .summary(summary)
      .arguments(usage.slice(usage.indexOf(' ') + 1))
      .action(async (...all: unknown[]) => {
        const self = all.at(-1) as Command;
        const options = self.opts<RaiseOptions>();
        await send(fields(self.args, commonOf(options)), options, io, done);
      });
  return [
    raiser(
      'trade <symbol> <action> <price> [reason]',
      'a trade signal (medium)',
      ([symbol, action, price, reason], common) =>
        tradeAlert({
          symbol: symbol!,
          action: action!,
          price: price!,
          ...(reason === undefined ? {} : { reason }),
          ...common,
        }),
    ),
    raiser('risk <type> <current> <limit>', 'a limit that is broken (high)', ([type, current, limit], common) =>
      riskAlert({ riskType: type!, currentValue: current!, limitValue: limit!, ...common }),
    ),
    raiser(
      'execution <order> <symbol> <status> <quantity> <price>',
      'what became of an order (medium)',
      ([order, symbol, status, quantity, price], common) =>
        executionAlert({
          orderId: order!,
          symbol: symbol!,
          status: status!,
          quantity: quantity!,
          price: price!,
          ...common,
        }),
    ),
  ];
}

interface Common {
  readonly severity?: Severity;
  readonly tags?: readonly string[];
}

function withCommon(command: Command): Command {
  return command
    .addOption(new Option('--severity <level>', 'how grave').choices(severities))
    .option('--tag <text>', 'a tag; may be given several times', collectText)
    .option('--nats <url>', 'NATS server; default as for publish')
    .option('--data <folder>', 'where a private nats-server keeps its state', 'tocsin-data')
    .option('--json', 'print JSON');
}

function commonOf({ severity, tag }: RaiseOptions): Common {
  return { ...(severity === undefined ? {} : { severity }), ...(tag === undefined ? {} : { tags: tag }) };
}

function fieldsOf(title: string | undefined, message: string | undefined, options: RaiseOptions): RaiseFields {
  const { category, source, label, key, template, set, resolveAfter, event, resolve } = options;
  const fields = { title, message, category, source, labels: label, key, template, context: set, resolveAfter };
  const status = resolve ? 'resolved' : event ? 'event' : undefined;
  const given = Object.entries({ ...fields, status }).filter(([, value]) => value !== undefined);
  return { ...Object.fromEntries(given), ...commonOf(options) };
}

async function send(fields: RaiseFields, options: RaiseOptions, io: Io, done: Done): Promise<void> {
  const { raise } = await import('../raise.js');
  done(await raise(fields, options, io));
}
