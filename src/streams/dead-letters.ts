import { TocsinError } from '../model/errors.js';
import type { Logger } from '../model/logger.js';
import type { DeadLetterView } from '../model/view.js';
import { only, text, who } from './command-args.js';
import type { CommandHandlers } from './commands.js';
import type { Clock, DeadLetter, Outbox } from './ports.js';

export interface DeadLettersDeps {
  readonly outbox: Outbox;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Notifications that were given up: kept to be looked at, and to be sent again when somebody says so. */
export class DeadLetters {
  readonly #deps: DeadLettersDeps;

  constructor(deps: DeadLettersDeps) {
    this.#deps = deps;
  }

  /** The newest `limit` of them, newest first. Rejects with `log_unavailable`. */
  async list(limit: number): Promise<readonly DeadLetterView[]> {
    const newest: DeadLetter[] = [];
    for await (const letter of this.#deps.outbox.dead()) {
      newest.push(letter);
      if (newest.length > limit) newest.shift();
    }
    return newest.reverse().map(viewOf);
  }

  /**
   * Puts a dead letter into the outbox again, with the same idempotency key. The letter goes only when that is stored;
   * given up once more, it is a dead letter again. Rejects with `delivery_unknown`, `log_unavailable`.
   */
  async resend(id: string, by: string): Promise<void> {
    const { outbox, clock, logger } = this.#deps;
    const exhumed = await outbox.exhume(id);
    if (exhumed === undefined) throw unknown(id);
    const { message } = exhumed.letter;
    const count = (message.resend?.count ?? 0) + 1;
    await outbox.put({ ...message, at: clock.wall(), resend: { count, by } });
    await exhumed.remove();
    logger.info({ notification: id, channel: message.channel, by }, 'a dead letter is sent again');
  }
}

/** `resend {delivery, by}`. */
export function deadLetterCommands(letters: DeadLetters): CommandHandlers {
  return {
    async resend(args, actor) {
      only(args, ['delivery', 'by']);
      const delivery = text(args, 'delivery');
      await letters.resend(delivery, who(args, actor).by);
      return { ok: true, delivery, status: 'pending' };
    },
  };
}

function viewOf({ message, error, at }: DeadLetter): DeadLetterView {
  const { id, channel, event, batch, resend } = message;
  const { alert, type } = event;
  const { title, severity, n } = alert;
  const again = resend === undefined ? {} : { resend };
  const several = batch === undefined ? {} : { alerts: batch.counts.alerts };
  return {
    id,
    channel,
    status: 'dead',
    alertId: alert.id,
    transition: n,
    type,
    title,
    severity,
    at,
    error,
    ...several,
    ...again,
  };
}

function unknown(id: string): TocsinError {
  const message = `no dead letter has the id ${id.slice(0, 200)}`;
  return new TocsinError('delivery_unknown', message, { field: 'delivery', value: id });
}
