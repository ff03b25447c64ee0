import type { Channel, GroupNotification, Notification, SendContext, SendResult } from '../model/channel.js';
import { TocsinError } from '../model/errors.js';
import { postJson } from './http-sender.js';
import { webhookHeaders } from './webhook-signature.js';

export interface WebhookOptions {
  readonly url: string;
  /** `whsec_` and base64, or any text; absent: not signed. */
  readonly secret?: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Of one attempt. */
  readonly timeoutMs?: number;
}

/**
 * HTTP POST of the notification as JSON, signed as Standard Webhooks want it.
 * Throws `config_invalid` when nothing can ever be sent with these options.
 */
export function createWebhookChannel(name: string, options: WebhookOptions, fetcher: typeof fetch): Channel {
  const { secret, timeoutMs } = options;
  const { url, authorization } = readUrl(name, options.url);
  const own = { 'user-agent': 'tocsin', ...authorization, ...readHeaders(name, options.headers) };
  const post = (
    { type, timestamp, id, data }: Notification | GroupNotification,
    { signal, override }: SendContext,
  ): Promise<SendResult> => {
    const body = JSON.stringify({ type, timestamp, id, data });
    const ours = { 'content-type': 'application/json', ...webhookHeaders(id, Date.now(), body, secret) };
    const changed = readHeaders(name, override?.headers ?? {});
    return postJson({ url, headers: { ...own, ...changed, ...ours }, body, signal }, fetcher);
  };
  return {
    name,
    type: 'webhook',
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
    isAvailable: () => true,
    send: post,
    sendGroup: post,
  };
}

/** `https://user:password@host` is what people write; a request wants the two in a header. */
function readUrl(channel: string, text: string): { url: string; authorization: Readonly<Record<string, string>> } {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol !== 'https:' && url?.protocol !== 'http:')
    throw invalid(channel, 'url', 'an http or https address');
  const { username, password } = url;
  if (username === '' && password === '') return { url: text, authorization: {} };
  url.username = '';
  url.password = '';
  const pair = Buffer.from(`${decodeURIComponent(username)}:${decodeURIComponent(password)}`);
  return { url: url.href, authorization: { authorization: `Basic ${pair.toString('base64')}` } };
}

/** Names in lower case, so that one that is given twice is one header. */
function readHeaders(channel: string, headers: Readonly<Record<string, string>>): Record<string, string> {
  try {
    return Object.fromEntries(new Headers(headers));
  } catch {
    throw invalid(channel, 'headers', 'names and values that HTTP allows');
  }
}

// Neither value is shown: both may be secret.
function invalid(channel: string, field: string, allowed: string): TocsinError {
  return new TocsinError('config_invalid', `channel ${channel}: ${field} must be ${allowed}`, { field, allowed });
}
