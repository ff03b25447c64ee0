import type { Actor, CommandAnswer, CommandPort } from '../model/command.js';
import { commandNames } from '../model/command.js';
import type { PersonCommand } from '../model/decision/index.js';
import { TocsinError, toWireError } from '../model/errors.js';
import type { Marks } from '../model/event.js';
import type { Raise, RaiseWarning } from '../model/raise.js';
import { contentHash } from './hash.js';
import type { Asked, Outcome } from './lifecycle.js';
import type { Clock } from './ports.js';
import { parseRaise } from './raise-input.js';
import type { Templates } from './raise-template.js';

export interface CommandDeps {
  readonly submit: (asked: Asked) => void;
  readonly clock: Clock;
  /** For alerts that do not say when they expire. */
  readonly resolveAfterMs: number;
  readonly templates: Templates;
  /** What was used otherwise than given. */
  readonly onWarning: (warning: RaiseWarning) => void;
  /** Sends a dead letter again. Rejects with `delivery_unknown`. */
  readonly resend: (id: string, by: string) => Promise<void>;
  /** Throws `not_ready` or `stopping` when nothing can be taken. */
  readonly assertReady: () => void;
}

/** Keys that the engine itself makes; nobody else may use them. */
const reservedKeys = /^(rule|rate_summary):/;
const maxTextChars = 1_024;

/** The one implementation of every command. */
export class Commands implements CommandPort {
  readonly #deps: CommandDeps;

  constructor(deps: CommandDeps) {
    this.#deps = deps;
  }

  async execute(name: string, args: unknown, actor: Actor): Promise<CommandAnswer> {
    try {
      this.#deps.assertReady();
      return await this.#run(name, args, actor);
    } catch (error) {
      return { ok: false, error: toWireError(error) };
    }
  }

  /** An outside alert that was already checked. */
  async raise(raise: Raise, marks?: Marks, by?: string): Promise<CommandAnswer> {
    try {
      this.#deps.assertReady();
      const key = raise.key ?? contentHash([raise.title, raise.message, raise.category]);
      if (reservedKeys.test(key)) throw reserved(key);
      const extra = { ...(marks === undefined ? {} : { marks }), ...(by === undefined ? {} : { by }) };
      const outcome = await this.#ask({ kind: 'raise', key, raise, ...extra });
      const answer = toAnswer(outcome);
      if (answer.ok) raise.warnings.forEach(this.#deps.onWarning);
      return answer.ok && raise.warnings.length > 0 ? { ...answer, warnings: raise.warnings } : answer;
    } catch (error) {
      return { ok: false, error: toWireError(error) };
    }
  }

  async #run(name: string, args: unknown, actor: Actor): Promise<CommandAnswer> {
    if (!(commandNames as readonly string[]).includes(name)) throw unknownCommand(name);
    if (name === 'raise') return this.#raiseFrom(args, actor);
    if (name === 'resend') return this.#resend(asFields(args), actor);
    return this.#person(name as PersonCommand, asFields(args), actor);
  }

  #raiseFrom(args: unknown, actor: Actor): Promise<CommandAnswer> {
    const { clock, resolveAfterMs, templates } = this.#deps;
    const now = clock.wall();
    const raise = parseRaise(args, { resolveAfterMs, templates, now });
    return this.raise(raise, { received: now }, actor.authenticated ? actor.name : undefined);
  }

  async #person(name: PersonCommand, args: Readonly<Record<string, unknown>>, actor: Actor): Promise<CommandAnswer> {
    const id = text(args, 'id');
    const note = optionalText(args, 'note');
    const until = optionalTime(args, 'until', this.#deps.clock.wall());
    const outcome = await this.#ask({
      kind: 'command',
      key: '',
      id,
      name,
      ...who(args, actor),
      ...(note === undefined ? {} : { note }),
      ...(until === undefined ? {} : { until }),
    });
    return toAnswer(outcome);
  }

  async #resend(args: Readonly<Record<string, unknown>>, actor: Actor): Promise<CommandAnswer> {
    const delivery = text(args, 'delivery');
    await this.#deps.resend(delivery, who(args, actor).by);
    return { ok: true, delivery, status: 'pending' };
  }

  #ask(input: Asked['input']): Promise<Outcome> {
    return new Promise((reply) => this.#deps.submit({ input, reply }));
  }
}

/** With authentication the authenticated name wins; the name that was given is kept beside it. */
function who(args: Readonly<Record<string, unknown>>, actor: Actor): { by: string; onBehalfOf?: string } {
  if (!actor.authenticated) return { by: text(args, 'by') };
  const given = optionalText(args, 'by');
  return given === undefined || given === actor.name ? { by: actor.name } : { by: actor.name, onBehalfOf: given };
}

function toAnswer(outcome: Outcome): CommandAnswer {
  return outcome.ok ? { ok: true, ...outcome.answer } : { ok: false, error: toWireError(outcome.error) };
}

function asFields(args: unknown): Readonly<Record<string, unknown>> {
  if (typeof args === 'object' && args !== null && !Array.isArray(args))
    return args as Readonly<Record<string, unknown>>;
  throw new TocsinError('not_an_object', 'the arguments of a command must be a map of fields', { field: 'args' });
}

function text(args: Readonly<Record<string, unknown>>, field: string): string {
  const value = optionalText(args, field);
  if (value !== undefined) return value;
  throw new TocsinError('field_missing', `${field} is required`, { field, allowed: 'a text that is not blank' });
}

function optionalText(args: Readonly<Record<string, unknown>>, field: string): string | undefined {
  const value = args[field];
  if (value === undefined || value === null) return undefined;
  if (typeof value === 'string' && value.trim() !== '' && value.length <= maxTextChars) return value;
  const allowed = `a text of 1 to ${maxTextChars} characters`;
  throw new TocsinError('field_invalid', `${field} must be ${allowed}`, { field, value, allowed });
}

/** Epoch milliseconds or ISO 8601; it must lie ahead. */
function optionalTime(args: Readonly<Record<string, unknown>>, field: string, now: number): number | undefined {
  const value = args[field];
  if (value === undefined || value === null) return undefined;
  const time = typeof value === 'number' ? value : typeof value === 'string' ? Date.parse(value) : Number.NaN;
  if (Number.isFinite(time) && time > now) return time;
  const allowed = 'a time in the future, as epoch milliseconds or ISO 8601';
  throw new TocsinError('time_invalid', `${field} must be ${allowed}`, { field, value, allowed });
}

function reserved(key: string): TocsinError {
  const allowed = 'a key that does not begin with rule: or rate_summary:';
  return new TocsinError('field_invalid', `key must be ${allowed}`, { field: 'key', value: key, allowed });
}

function unknownCommand(name: string): TocsinError {
  const allowed = commandNames.join(', ');
  return new TocsinError('command_unknown', `no command is called ${name.slice(0, 64)}; known are ${allowed}`, {
    field: 'name',
    value: name,
    allowed,
  });
}
