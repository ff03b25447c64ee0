import type { OutboxMessage } from './delivery.js';

/** The same for another channel, under an idempotency key of its own: its id ends with its channel. */
export function fallbackCopy({ resend: _, ...message }: OutboxMessage, channel: string, at: number): OutboxMessage {
  const id = `${message.id.slice(0, message.id.length - message.channel.length)}${channel}`;
  return { ...message, id, channel, at, fallbackOf: message.channel };
}

/** Why a channel was told, as its delivery records say it. */
export function fallbackReason(channel: string): string {
  return `fallback of ${channel}`;
}
