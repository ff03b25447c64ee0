import type { Subscription } from 'rxjs';
import type { CommandAnswer } from '../model/command.js';
import { TocsinError, toWireError } from '../model/errors.js';
import type { Raise } from '../model/raise.js';
import type { Rejection } from '../model/sample.js';
import { answerWith } from './answer.js';
import type { Commands } from './commands.js';
import type { Bus, BusMessage, Clock } from './ports.js';
import { decodeRaises } from './raise-input.js';
import type { Templates } from './raise-template.js';
import { source } from './source.js';

export interface AlertIngest {
  readonly subject: string;
  /** For alerts that do not say when they expire. */
  readonly resolveAfterMs: number;
}

export interface RaisesDeps {
  readonly bus: Bus;
  /** Queue group, so that several engines share the work. */
  readonly queue: string;
  readonly ingest: readonly AlertIngest[];
  readonly commands: Commands;
  readonly templates: Templates;
  readonly clock: Clock;
  readonly reject: (rejection: Rejection) => void;
}

/** Alerts made elsewhere: each is decided and stored before its sender is told. */
export function listenForRaises(deps: RaisesDeps): Subscription[] {
  return deps.ingest.map(({ subject, resolveAfterMs }) =>
    source(deps.bus, [subject], deps.queue).subscribe(
      (message) => void answerWith(message, () => receive(message, { subject, resolveAfterMs }, deps)),
    ),
  );
}

async function receive(
  message: BusMessage,
  ingest: AlertIngest,
  deps: RaisesDeps,
): Promise<CommandAnswer | CommandAnswer[] | undefined> {
  const received = deps.clock.wall();
  const decoded = decodeRaises(message, { ...ingest, now: received, templates: deps.templates });
  const answers = await Promise.all(decoded.items.map((item, index) => raiseOne(item, index, message, received, deps)));
  return decoded.isArray ? answers : answers[0];
}

async function raiseOne(
  item: Raise | TocsinError,
  index: number,
  message: BusMessage,
  received: number,
  deps: RaisesDeps,
): Promise<CommandAnswer> {
  if (item instanceof TocsinError) {
    deps.reject(rejectionOf(item, index, message));
    return { ok: false, error: toWireError(item) };
  }
  const answer = await deps.commands.raise(item, {
    received,
    ...(item.time < received ? { published: item.time } : {}),
  });
  if (!answer.ok) deps.reject(rejectionOf(answer.error, index, message));
  return answer;
}

function rejectionOf(
  error: { code: string; message: string; field?: string },
  index: number,
  message: BusMessage,
): Rejection {
  return {
    subject: message.subject,
    index,
    code: error.code,
    reason: error.message,
    ...(error.field === undefined ? {} : { field: error.field }),
    excerpt: new TextDecoder().decode(message.data.subarray(0, 200)),
  };
}
