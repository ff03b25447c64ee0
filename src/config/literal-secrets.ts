import { unescaped } from './address.js';
import { type Path, valueAt } from './problems.js';

export interface LiteralSecret {
  readonly path: Path;
  readonly value: string;
  /** A URL holds its secret among other things; it is hidden, but is no reason for a warning. */
  readonly inUrl: boolean;
}

export const sensitiveHeader = /authorization|cookie|token|secret|password|key/i;

/** The secrets that a configuration spells out, whatever else may be wrong with it. */
export function literalSecrets(tree: unknown): LiteralSecret[] {
  return [
    ...natsSecrets(tree),
    ...Object.keys(asMap(valueAt(tree, ['channels']))).flatMap((n) => webhookSecrets(tree, n)),
  ];
}

function natsSecrets(tree: unknown): LiteralSecret[] {
  const url = valueAt(tree, ['nats', 'url']);
  const urls = Array.isArray(url) ? url.map((_, i) => ['nats', 'url', i]) : [['nats', 'url']];
  return [
    ...field(tree, ['nats', 'password']),
    ...field(tree, ['nats', 'token']),
    ...urls.flatMap((path) => inUrl(tree, path, userSecrets)),
  ];
}

function webhookSecrets(tree: unknown, name: string): LiteralSecret[] {
  const at = ['channels', name];
  const headers = asMap(valueAt(tree, [...at, 'headers']));
  return [
    ...field(tree, [...at, 'secret']),
    ...Object.keys(headers).flatMap((h) => (sensitiveHeader.test(h) ? credential(tree, [...at, 'headers', h]) : [])),
    ...inUrl(tree, [...at, 'url'], (url) => [...userSecrets(url), ...(isCapability(url) ? [url] : [])]),
  ];
}

function field(tree: unknown, path: Path): LiteralSecret[] {
  const value = valueAt(tree, path);
  return typeof value === 'string' && value !== '' ? [{ path, value, inUrl: false }] : [];
}

/** Of `Bearer abc`, the secret is `abc`. */
function credential(tree: unknown, path: Path): LiteralSecret[] {
  return field(tree, path).map((secret) => ({ ...secret, value: secret.value.replace(/^\w+\s+(?=\S)/, '') }));
}

function inUrl(tree: unknown, path: Path, secretsOf: (url: string) => string[]): LiteralSecret[] {
  const url = valueAt(tree, path);
  return typeof url === 'string' ? secretsOf(url).map((value) => ({ path, value, inUrl: true })) : [];
}

/** Password or token before the host, also of a URL that is otherwise malformed; as written, and unescaped. */
function userSecrets(url: string): string[] {
  const secret = /^(?:\w+:\/\/)?(?:[^\s/@:]*:)?([^\s/@]+)@/.exec(url)?.[1];
  return secret === undefined ? [] : [secret, unescaped(secret)];
}

/** Whoever knows a webhook's path can post to it. */
function isCapability(url: string): boolean {
  if (!URL.canParse(url)) return false;
  const { pathname, search } = new URL(url);
  return pathname.length > 1 || search !== '';
}

function asMap(value: unknown): object {
  return typeof value === 'object' && value !== null ? value : {};
}
