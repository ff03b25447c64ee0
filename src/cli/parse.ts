import { InvalidArgumentError } from 'commander';
import { isLoopback, type ListenAddress, loopbackOnly, parseListen as parseAddress } from '../config/address.js';
import { parseDuration } from '../model/duration.js';

/** Readers of option texts; each throws what commander reports as wrong usage. */

export function parseValue(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !Number.isFinite(value)) throw new InvalidArgumentError('It must be a finite number.');
  return value;
}

/** `HOST:PORT` or `PORT`, held to the same rule as `gateway.listen`. */
export function parseListen(text: string): ListenAddress {
  const address = parseAddress(/^\d+$/.test(text) ? Number(text) : text);
  if (address === undefined) throw new InvalidArgumentError('It must be HOST:PORT or PORT.');
  if (isLoopback(address.host)) return address;
  const { allowed, hint } = loopbackOnly;
  throw new InvalidArgumentError(`It must be a loopback address. Allowed: ${allowed}; ${hint}.`);
}

/** Adds one `key=value` to those collected before. */
export function collectLabel(text: string, before: Readonly<Record<string, string>> = {}): Record<string, string> {
  const at = text.indexOf('=');
  if (at < 1) throw new InvalidArgumentError('It must be KEY=VALUE.');
  return { ...before, [text.slice(0, at)]: text.slice(at + 1) };
}

export function collectText(text: string, before: readonly string[] = []): readonly string[] {
  return [...before, text];
}

/** Address of the stream of an engine; `http://…` and an address without path are understood too. */
export function parseStreamUrl(text: string): string {
  const url = parseUrl(text.replace(/^http/, 'ws'));
  if (url === undefined || !/^wss?:$/.test(url.protocol))
    throw new InvalidArgumentError('It must be a ws:// or http:// URL.');
  if (url.pathname === '/') url.pathname = '/v1/stream';
  return url.href;
}

/** A moment: ISO 8601, or how long from now, such as `2h`. */
export function parseMoment(text: string): string {
  const ms = parseDuration(text);
  const at = ms === undefined ? Date.parse(text) : Date.now() + ms;
  if (!Number.isFinite(at)) throw new InvalidArgumentError('It must be a duration such as 2h, or an ISO 8601 time.');
  return new Date(at).toISOString();
}

function parseUrl(text: string): URL | undefined {
  return URL.canParse(text) ? new URL(text) : undefined;
}
