import type { Channel } from '../model/channel.js';
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

/** HTTP POST of the notification as JSON, signed as Standard Webhooks want it. */
export function createWebhookChannel(name: string, options: WebhookOptions, fetcher: typeof fetch): Channel {
  const { secret, headers, timeoutMs } = options;
  const { url, authorization } = splitCredentials(options.url);
  return {
    name,
    type: 'webhook',
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
    isAvailable: () => true,
    send({ type, timestamp, id, data }, { signal }) {
      const body = JSON.stringify({ type, timestamp, id, data });
      const ours = { 'content-type': 'application/json', ...webhookHeaders(id, Date.now(), body, secret) };
      const merged = { 'user-agent': 'tocsin', ...authorization, ...lowerCased(headers), ...ours };
      return postJson({ url, headers: merged, body, signal }, fetcher);
    },
  };
}

/** So that a name given twice in different letters is one header. */
function lowerCased(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
}

/** `https://user:password@host` is what people write; a request wants the two in a header. */
function splitCredentials(text: string): { url: string; authorization: Readonly<Record<string, string>> } {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || (url.username === '' && url.password === '')) return { url: text, authorization: {} };
  const pair = `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`;
  url.username = '';
  url.password = '';
  return { url: url.href, authorization: { authorization: `Basic ${Buffer.from(pair).toString('base64')}` } };
}
