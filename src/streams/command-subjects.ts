import type { Subscription } from 'rxjs';
import type { Actor, CommandAnswer, CommandPort } from '../model/command.js';
import { TocsinError } from '../model/errors.js';
import { answerWith } from './answer.js';
import type { Bus, BusMessage } from './ports.js';
import { source } from './source.js';

const anybody: Actor = { name: 'anonymous', authenticated: false, via: 'nats' };
const maxBytes = 64 * 1024;

/** Commands as requests on `<prefix>.command.<name>`, arguments and answer as JSON. */
export function listenForCommands(bus: Bus, prefix: string, commands: CommandPort): Subscription {
  const root = `${prefix}.command.`;
  return source(bus, [`${root}>`], prefix).subscribe(
    (message) => void answerWith(message, () => execute(message, root, commands)),
  );
}

/** A name may have a dot in it: `rule.put`. */
async function execute({ subject, data }: BusMessage, root: string, commands: CommandPort): Promise<CommandAnswer> {
  return commands.execute(subject.slice(root.length), parse(data), anybody);
}

function parse(data: Uint8Array): unknown {
  if (data.length > maxBytes) throw new TocsinError('too_large', `a command has at most ${maxBytes} bytes`);
  try {
    return JSON.parse(new TextDecoder().decode(data));
  } catch (cause) {
    throw new TocsinError('parse_failed', 'the arguments of a command must be JSON', { cause });
  }
}
