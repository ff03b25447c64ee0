import { userInfo } from 'node:os';
import { Command, Option } from 'commander';
import { alertStates } from '../../model/alert.js';
import { severities } from '../../model/severity.js';
import type { AlertAction } from '../alerts.js';
import type { MakeCommand } from '../command.js';
import { examples } from '../examples.js';
import type { AlertActionOptions, AlertListOptions, EngineOptions } from '../options.js';
import { parseMoment } from '../parse.js';
import { withEngine } from './with-engine.js';

/** `tocsin alerts [list|show|ack|unack|resolve|suppress|unsuppress]`. */
export const alertsCommand: MakeCommand = (io, done) => {
  const command = new Command('alerts')
    .summary('list, show, acknowledge, resolve and mute alerts')
    .description('Shows the alerts of a running engine, and does with them what a person can do.')
    .addHelpText(
      'before',
      examples([
        'tocsin alerts',
        'tocsin alerts list --min-severity high',
        'tocsin alerts ack 0mhk2x4c5-3b8e0c1d5a9f7e21',
      ]),
    );
  command.addCommand(
    withEngine(new Command('list'))
      .summary('the alerts that match, gravest first (default: open ones)')
      .addOption(new Option('--state <state...>', 'in one of these states').choices(alertStates))
      .addOption(new Option('--min-severity <severity>', 'at least this grave').choices(severities))
      .option('--category <word...>', 'of one of these categories')
      .option('--source <name>', 'from this source, * for any run of characters')
      .option('--rule <id...>', 'of one of these rules')
      .option('--since <time>', 'begun at or after this ISO 8601 time')
      .option('--limit <count>', 'at most so many (default: 100)')
      .option('--cursor <id>', 'the page after this one')
      .action(async (options: AlertListOptions) => {
        const { listAlerts } = await import('../alerts.js');
        done(await listAlerts(options, io));
      }),
    { isDefault: true },
  );
  command.addCommand(
    withEngine(new Command('show'))
      .summary('one alert with everything that happened to it')
      .argument('<id>', 'its id')
      .action(async (id: string, options: EngineOptions) => {
        const { showAlert } = await import('../alerts.js');
        done(await showAlert(id, options, io));
      }),
  );
  for (const { name, action, summary } of actions) {
    const acting = withEngine(new Command(name))
      .summary(summary)
      .argument('<id...>', 'ids of alerts')
      .option('--by <name>', 'who does it (default: your login name)')
      .option('--note <text>', 'why');
    if (name === 'ack' || name === 'suppress')
      acting.option('--until <time>', 'ends by itself: 2h, or an ISO 8601 time', parseMoment);
    acting.action(async (ids: string[], { by = userInfo().username, ...options }: Partial<AlertActionOptions>) => {
      const { actOnAlerts } = await import('../alerts.js');
      done(await actOnAlerts(action, ids, { by, ...options }, io));
    });
    command.addCommand(acting);
  }
  return command;
};

const actions: readonly { readonly name: string; readonly action: AlertAction; readonly summary: string }[] = [
  { name: 'ack', action: 'acknowledge', summary: 'you take care: no more escalation' },
  { name: 'unack', action: 'unacknowledge', summary: 'nobody takes care any more' },
  { name: 'resolve', action: 'resolve', summary: 'it is over' },
  { name: 'suppress', action: 'suppress', summary: 'mute it' },
  { name: 'unsuppress', action: 'unsuppress', summary: 'no longer mute it' },
];
