import type { CommandAnswer } from '../model/command.js';
import type { RaiseFields } from '../model/raisers.js';
import { exitStatus } from './exit-status.js';
import type { Io } from './io.js';
import { createLogger } from './logger.js';
import { natsServers } from './nats-address.js';
import { openBus } from './open-bus.js';
import type { RaiseOptions } from './options.js';

/** Sends one alert and shows the engine's answer. Throws `nats_unreachable`, `bus_unavailable`. */
export async function raise(fields: RaiseFields, options: RaiseOptions, io: Io): Promise<number> {
  const { nats, data, json } = options;
  const servers = nats === undefined ? await natsServers(data, io.env) : { urls: [nats] };
  const { bus, close } = await openBus(servers, createLogger(io, { level: 'error', scrub: (line) => line }));
  try {
    // The body says the category where there is one; this word fills it in where nothing else does.
    const reply = await bus.request('alerts.system', new TextEncoder().encode(JSON.stringify(fields)));
    const answer = JSON.parse(new TextDecoder().decode(reply.data)) as CommandAnswer;
    for (const line of json ? [JSON.stringify(answer)] : answerLines(answer)) io.out(line);
    return answer.ok ? exitStatus.ok : exitStatus.failed;
  } finally {
    await close();
  }
}

function answerLines(answer: CommandAnswer): string[] {
  if (!answer.ok) {
    const { code, message, field } = answer.error;
    return [`refused  ${code}${field === undefined ? '' : ` ${field}`}: ${message}`];
  }
  const { status, id, reason, warnings } = answer;
  const first = [status, id, reason === undefined ? undefined : `(${reason})`];
  const line = first.filter((part) => part !== undefined).join('  ');
  return [line, ...(Array.isArray(warnings) ? warnings.map(warningLine) : [])];
}

function warningLine({ code, field, variable }: { code: string; field?: string; variable?: string }): string {
  return `warning  ${[code, variable ?? field].filter((part) => part !== undefined).join(' ')}`;
}
