import { Subscription } from 'rxjs';
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
import { TurnQueue } from './turn-queue.js';

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

/** Some ten milliseconds' work. */
const perTurn = 100;
/** About a kilobyte each. A refusal costs too, and who is refused comes again: a burst had better wait than be refused. */
const maxWaiting = 100_000;

interface Arrival {
  readonly message: BusMessage;
  readonly ingest: AlertIngest;
  /** Wall time. */
  readonly received: number;
}

/**
 * Alerts made elsewhere: each is decided and stored before its sender is told. Those that still wait when the listening
 * ends are answered too.
 */
export function listenForRaises(deps: RaisesDeps): Subscription[] {
  const arrivals = new TurnQueue<Arrival>({
    perTurn,
    maxWaiting,
    handle: (arrival) => void answerWith(arrival.message, () => receive(arrival, deps)),
    refuse: ({ message }) => void answerWith(message, async () => refused(overloaded(), 0, message, deps)),
  });
  const listening = deps.ingest.map((ingest) =>
    source(deps.bus, [ingest.subject], deps.queue).subscribe((message) =>
      arrivals.push({ message, ingest, received: deps.clock.wall() }),
    ),
  );
  return [...listening, new Subscription(() => arrivals.flush())];
}

async function receive(
  { message, ingest, received }: Arrival,
  deps: RaisesDeps,
): Promise<CommandAnswer | CommandAnswer[] | undefined> {
  const defaults = { ...ingest, now: received, templates: deps.templates };
  const decoded = decodeRaises(message, defaults);
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
  if (item instanceof TocsinError) return refused(item, index, message, deps);
  const answer = await deps.commands.raise(item, {
    received,
    ...(item.time < received ? { published: item.time } : {}),
  });
  if (!answer.ok) deps.reject(rejectionOf(answer.error, index, message));
  return answer;
}

function refused(error: TocsinError, index: number, message: BusMessage, deps: RaisesDeps): CommandAnswer {
  deps.reject(rejectionOf(error, index, message));
  return { ok: false, error: toWireError(error) };
}

function overloaded(): TocsinError {
  return new TocsinError('overloaded', 'more alerts wait than the engine may hold', { temporary: true });
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
