import type { OutboxMessage } from '../../src/model/delivery.js';
import { type ErrorCode, TocsinError } from '../../src/model/errors.js';
import type { Consumer, Driver } from '../../src/streams/ports.js';
import { openedEvent } from './notification.js';

/** Keeps a consumer to be stopped when the test is over. */
export type Using = (consumer: Promise<Consumer>) => Promise<Consumer>;

export const encode = (text: string) => new TextEncoder().encode(text);
export const decode = (data: Uint8Array) => new TextDecoder().decode(data);

let writes = 0;

export function append(
  driver: Driver,
  subject: string,
  body: unknown,
  options: { messageId?: string; expectedSeq?: number } = {},
): Promise<number> {
  return driver.log.append({ messageId: `write-${++writes}`, subject, body, ...options });
}

export function message(id: string, channel: string): OutboxMessage {
  return {
    v: 1,
    id,
    channel,
    at: 1,
    event: openedEvent(),
  };
}

export async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const result: T[] = [];
  for await (const item of items) result.push(item);
  return result;
}

export function code(expected: ErrorCode, { temporary = false } = {}) {
  return (error: unknown) =>
    error instanceof TocsinError && error.code === expected && (!temporary || error.temporary === true);
}
