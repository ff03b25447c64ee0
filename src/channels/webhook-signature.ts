import { createHmac } from 'node:crypto';

/** The headers of Standard Webhooks 1.0 (standardwebhooks.com). `at`: time of this attempt, epoch milliseconds. */
export function webhookHeaders(
  id: string,
  at: number,
  body: string,
  secret: string | undefined,
): Readonly<Record<string, string>> {
  const messageId = headerText(id);
  const timestamp = String(Math.floor(at / 1_000));
  const headers = { 'webhook-id': messageId, 'webhook-timestamp': timestamp, 'idempotency-key': messageId };
  if (secret === undefined) return headers;
  return { ...headers, 'webhook-signature': sign(`${messageId}.${timestamp}.${body}`, secret) };
}

function sign(content: string, secret: string): string {
  return `v1,${createHmac('sha256', keyOf(secret)).update(content).digest('base64')}`;
}

/** `whsec_` and base64, or the bytes of any other text. */
function keyOf(secret: string): Buffer {
  return secret.startsWith('whsec_') ? Buffer.from(secret.slice('whsec_'.length), 'base64') : Buffer.from(secret);
}

/** Ids hold channel names, which may have characters that a header may not. */
function headerText(id: string): string {
  return id.replace(/[^\x21-\x7e]/gu, (char) => `%${char.codePointAt(0)!.toString(16)}`);
}
