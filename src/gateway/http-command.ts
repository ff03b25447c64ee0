import type { HttpBindings } from '@hono/node-server';
import type { Context } from 'hono';
import { TocsinError } from '../model/errors.js';
import type { Actor, CommandAnswer, GatewayPorts } from './ports.js';
import { commandError } from './problem.js';

/** How a route reads its body and carries out a command. */

export type Env = { Bindings: HttpBindings };
export type Ctx = Context<Env>;

const maxBodyBytes = 1024 * 1024;

export function execute(c: Ctx, ports: GatewayPorts, name: string, args: unknown): Promise<CommandAnswer> {
  const address = c.env.incoming.socket.remoteAddress;
  const actor: Actor = { name: 'anonymous', authenticated: false, via: `http ${address ?? 'unknown'}` };
  return ports.commands.execute(name, args, actor);
}

export function answer(c: Ctx, given: CommandAnswer, status: 200 | 201): Response {
  if (!given.ok) throw commandError(given.error);
  return c.json(given, status);
}

/** No body counts as an empty object. Throws `too_large` as soon as it is. */
export async function readBody(c: Ctx): Promise<unknown> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of c.env.incoming as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > maxBodyBytes) {
      // The rest of the body is not read, so that no further request can be made out on this connection.
      c.header('connection', 'close');
      throw new TocsinError('too_large', `a body may have at most ${maxBodyBytes} bytes`);
    }
    chunks.push(chunk);
  }
  try {
    return size === 0 ? {} : JSON.parse(Buffer.concat(chunks).toString('utf8'));
  } catch {
    throw new TocsinError('parse_failed', 'the body is not valid JSON');
  }
}

export function asFields(body: unknown): object {
  if (typeof body === 'object' && body !== null && !Array.isArray(body)) return body;
  throw new TocsinError('not_an_object', 'the body must be an object');
}
