import type { WireError } from './errors.js';

/** The commands, the same over NATS, HTTP and WebSocket. */
export const commandNames = [
  'raise',
  'acknowledge',
  'unacknowledge',
  'resolve',
  'suppress',
  'unsuppress',
  'resend',
  'rule.put',
  'rule.delete',
  'route.put',
  'route.delete',
  'silence',
  'unsilence',
  'explain',
  'clear',
] as const;
export type CommandName = (typeof commandNames)[number];

/** Who does something. */
export interface Actor {
  /** Authenticated name, or `anonymous`. */
  readonly name: string;
  readonly authenticated: boolean;
  /** `http`, `websocket` or `nats`, with the remote address where there is one. */
  readonly via: string;
}

export type CommandAnswer =
  | { readonly ok: true; readonly [field: string]: unknown }
  | { readonly ok: false; readonly error: WireError };

/** One implementation serves every way in. Never rejects. */
export interface CommandPort {
  execute(name: string, args: unknown, actor: Actor): Promise<CommandAnswer>;
}
