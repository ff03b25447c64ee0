import type { Subscription } from 'rxjs';
import type { Actor, CommandPort } from '../model/command.js';
import { TocsinError, toWireError } from '../model/errors.js';
import type { Bus, BusMessage } from './ports.js';
import { source } from './source.js';

const anybody: Actor = { name: 'anonymous', authenticated: false, via: 'nats' };
const maxBytes = 64 * 1024;

/** Commands as requests on `<prefix>.command.<name>`, arguments and answer as JSON. */
export function listenForCommands(bus: Bus, prefix: string, commands: CommandPort): Subscription {
  return source(bus, [`${prefix}.command.*`], prefix).subscribe((message) => void answer(message, commands));
}

async function answer(message: BusMessage, commands: CommandPort): Promise<void> {
  const name = message.subject.slice(message.subject.lastIndexOf('.') + 1);
  const outcome = await execute(name, message, commands);
  message.respond?.(new TextEncoder().encode(JSON.stringify(outcome)));
}

async function execute(name: string, message: BusMessage, commands: CommandPort) {
  try {
    return await commands.execute(name, parse(message.data), anybody);
  } catch (error) {
    return { ok: false, error: toWireError(error) } as const;
  }
}

function parse(data: Uint8Array): unknown {
  if (data.length > maxBytes) throw new TocsinError('too_large', `a command has at most ${maxBytes} bytes`);
  try {
    return JSON.parse(new TextDecoder().decode(data));
  } catch (cause) {
    throw new TocsinError('parse_failed', 'the arguments of a command must be JSON', { cause });
  }
}
