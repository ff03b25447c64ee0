import { userInfo } from 'node:os';
import { Command } from 'commander';
import type { MakeCommand } from '../command.js';
import { examples } from '../examples.js';
import type { DeliveryListOptions, DeliveryResendOptions } from '../options.js';
import { withEngine } from './with-engine.js';

/** `tocsin deliveries [list|resend]`. */
export const deliveriesCommand: MakeCommand = (io, done) => {
  const command = new Command('deliveries')
    .summary('list notifications that were given up, and send them again')
    .description('Shows the dead letters of a running engine: notifications that no attempt could deliver.')
    .addHelpText(
      'before',
      examples(['tocsin deliveries', 'tocsin deliveries resend 0mhk2x4c5-3b8e0c1d5a9f7e21.1.ops-hook']),
    );
  command.addCommand(
    withEngine(new Command('list'))
      .summary('what was given up, newest first')
      .option('--limit <count>', 'at most so many (default: 100)')
      .action(async (options: DeliveryListOptions) => {
        const { listDeliveries } = await import('../deliveries.js');
        done(await listDeliveries(options, io));
      }),
    { isDefault: true },
  );
  command.addCommand(
    withEngine(new Command('resend'))
      .summary('send them once more, under the same idempotency key')
      .argument('<id...>', 'ids from the list')
      .option('--by <name>', 'who does it (default: your login name)')
      .action(async (ids: string[], { by = userInfo().username, ...options }: Partial<DeliveryResendOptions>) => {
        const { resendDeliveries } = await import('../deliveries.js');
        done(await resendDeliveries(ids, { by, ...options }, io));
      }),
  );
  return command;
};
