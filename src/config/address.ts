import { isIP } from 'node:net';

export interface ListenAddress {
  readonly host: string;
  readonly port: number;
}

const listenPattern = /^(?:\[([0-9A-Fa-f:.]+)\]|([A-Za-z0-9.-]+)):(\d{1,5})$/;

/** Reads `127.0.0.1:8420`, `[::1]:8420`, or a port alone (on 127.0.0.1); port 0 takes a free one. */
export function parseListen(value: unknown): ListenAddress | undefined {
  if (typeof value === 'number') return parseListen(`127.0.0.1:${value}`);
  if (typeof value !== 'string') return undefined;
  const match = listenPattern.exec(value);
  if (!match) return undefined;
  const [, ipv6, name] = match;
  const port = Number(match[3]);
  if (port > 65_535 || (ipv6 !== undefined && isIP(ipv6) !== 6)) return undefined;
  return { host: ipv6 ?? name!, port };
}

/** The gateway asks nobody who he is, so it answers this machine only. */
export const loopbackOnly = {
  allowed: '127.0.0.1, localhost or [::1]: the gateway has no authentication',
  hint: 'put a proxy that authenticates in front of it',
} as const;

/** Whether only this machine can reach the address. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'));
}

/** Whether a webhook can be posted to `text`. User and password in a URL are refused by `fetch`. */
export function isWebhookUrl(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, username, password } = new URL(text);
  return (protocol === 'http:' || protocol === 'https:') && username === '' && password === '';
}

export interface NatsAddress {
  /** Without user, password or token. */
  readonly url: string;
  readonly user?: string;
  readonly password?: string;
  readonly token?: string;
}

/** Reads `nats://host:4222`, `tls://host`, `host:4222`, with `user:password@` or `token@` before the host. */
export function parseNatsUrl(text: string): NatsAddress | undefined {
  const full = text.includes('://') ? text : `nats://${text}`;
  if (/\s/.test(full) || !URL.canParse(full)) return undefined;
  const url = new URL(full);
  if (!['nats:', 'tls:'].includes(url.protocol) || url.hostname === '') return undefined;
  if (!['', '/'].includes(url.pathname) || url.search !== '' || url.hash !== '') return undefined;
  return { url: `${url.protocol}//${url.host}`, ...userInfo(url) };
}

function userInfo({ username, password }: URL): Omit<NatsAddress, 'url'> {
  if (username === '') return {};
  const name = unescaped(username);
  return password === '' ? { token: name } : { user: name, password: unescaped(password) };
}

/** With percent escapes resolved. A bare `%` makes the text stand as it is. */
export function unescaped(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
