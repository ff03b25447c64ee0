import type { ItemKind } from '../config/index.js';
import type { Actor, CommandAnswer } from '../model/command.js';
import { TocsinError } from '../model/errors.js';
import { type Args, only, text, who } from '../streams/command-args.js';
import type { CommandHandlers } from '../streams/commands.js';
import type { Author, LiveConfig } from './live-config.js';

/** `rule.put {rule, by}`, `rule.delete {id, restore?, by}`, and the same for routes. */
export function configCommands(live: LiveConfig): CommandHandlers {
  const put =
    (kind: 'rule' | 'route') =>
    async (args: Args, actor: Actor): Promise<CommandAnswer> => {
      const item = mapOf(args, kind);
      return { ok: true, ...(await live.put(kind, idOf(kind, item), item, authorOf(args, actor))) };
    };
  const remove =
    (kind: ItemKind) =>
    async (args: Args, actor: Actor): Promise<CommandAnswer> => {
      only(args, ['id', 'by', 'restore']);
      const restore = flag(args, 'restore');
      return { ok: true, ...(await live.delete(kind, text(args, 'id'), authorOf(args, actor), restore)) };
    };
  return {
    'rule.put': put('rule'),
    'rule.delete': remove('rule'),
    'route.put': put('route'),
    'route.delete': remove('route'),
  };
}

/** The id of an item; a route without one goes by its name. Throws `field_missing`, `field_invalid`. */
export function idOf(kind: 'rule' | 'route', item: Args): string {
  const field = kind === 'route' && item['id'] === undefined ? 'name' : 'id';
  const id = item[field];
  if (typeof id === 'string' && id.trim() !== '') return id;
  const code = id === undefined ? 'field_missing' : 'field_invalid';
  const allowed = 'a text that is not blank';
  throw new TocsinError(code, `${kind}.id must be ${allowed}`, { field: `${kind}.id`, value: id, allowed });
}

function authorOf(args: Args, actor: Actor): Author {
  return { ...who(args, actor), via: actor.via };
}

function mapOf(args: Args, field: string): Args {
  const value = args[field];
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Args;
  const code = value === undefined ? 'field_missing' : 'field_invalid';
  const allowed = `a ${field} as the configuration file has it`;
  throw new TocsinError(code, `${field} must be ${allowed}`, { field, allowed });
}

function flag(args: Args, field: string): boolean {
  const { [field]: value = false } = args;
  if (typeof value === 'boolean') return value;
  throw new TocsinError('field_invalid', `${field} must be true or false`, { field, value, allowed: 'true or false' });
}
