import type { Actor, CommandAnswer, CommandPort } from '../model/command.js';
import { type CommandName, commandNames } from '../model/command.js';
import type { PersonCommand, RaiseInput } from '../model/decision/index.js';
import { TocsinError, toWireError } from '../model/errors.js';
import type { Marks } from '../model/event.js';
import type { Raise, RaiseWarning } from '../model/raise.js';
import { type Args, asFields, only, optionalText, optionalTime, text, who } from './command-args.js';
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
  /** Every command besides `raise` and those of a person on one alert. */
  readonly handlers: CommandHandlers;
  /** Throws `not_ready` or `stopping` when nothing can be taken. */
  readonly assertReady: () => void;
}

/** Carries out one command. What it throws becomes its answer. */
export type CommandHandler = (args: Args, actor: Actor) => Promise<CommandAnswer>;
export type CommandHandlers = Readonly<Partial<Record<CommandName, CommandHandler>>>;

const personArgs: Readonly<Record<PersonCommand, readonly string[]>> = {
  acknowledge: ['id', 'by', 'until', 'note'],
  unacknowledge: ['id', 'by', 'note'],
  resolve: ['id', 'by', 'note'],
  suppress: ['id', 'by', 'until', 'note'],
  unsuppress: ['id', 'by', 'note'],
};

/** Keys that the engine itself makes; nobody else may use them. */
const reservedKeys = /^(rule|rate_summary|unrecorded_overflow):/;

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
  async raise(raise: Raise, marks?: Marks, asker: Pick<RaiseInput, 'by' | 'via'> = {}): Promise<CommandAnswer> {
    try {
      this.#deps.assertReady();
      const key = raise.key ?? contentHash([raise.title, raise.message, raise.category]);
      if (reservedKeys.test(key)) throw reserved(key);
      const extra = { ...(marks === undefined ? {} : { marks }), ...asker };
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
    const handler = this.#deps.handlers[name as CommandName];
    if (handler !== undefined) return handler(asFields(args), actor);
    return this.#person(name as PersonCommand, asFields(args), actor);
  }

  #raiseFrom(args: unknown, actor: Actor): Promise<CommandAnswer> {
    const { clock, resolveAfterMs, templates } = this.#deps;
    const now = clock.wall();
    const raise = parseRaise(args, { resolveAfterMs, templates, now });
    const { authenticated, name, via } = actor;
    return this.raise(raise, { received: now }, { ...(authenticated ? { by: name } : {}), via });
  }

  async #person(name: PersonCommand, args: Args, actor: Actor): Promise<CommandAnswer> {
    only(args, personArgs[name]);
    const id = text(args, 'id');
    const note = optionalText(args, 'note');
    const until = optionalTime(args, 'until', this.#deps.clock.wall());
    const outcome = await this.#ask({
      kind: 'command',
      key: '',
      id,
      name,
      ...who(args, actor),
      via: actor.via,
      ...(note === undefined ? {} : { note }),
      ...(until === undefined ? {} : { until }),
    });
    return toAnswer(outcome);
  }

  #ask(input: Asked['input']): Promise<Outcome> {
    return new Promise((reply) => this.#deps.submit({ input, reply }));
  }
}

function toAnswer(outcome: Outcome): CommandAnswer {
  return outcome.ok ? { ok: true, ...outcome.answer } : { ok: false, error: toWireError(outcome.error) };
}

function reserved(key: string): TocsinError {
  const allowed = 'a key that does not begin with rule:, rate_summary: or unrecorded_overflow:';
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
