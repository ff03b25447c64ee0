import { type NatsAddress, parseNatsUrl } from './address.js';
import { type Path, valueAt } from './problems.js';

export interface LiteralSecret {
  readonly path: Path;
  readonly value: string;
  /** A URL holds its secret among other things; it is hidden, but is no reason for a warning. */
  readonly inUrl: boolean;
}

const sensitiveHeader = /authorization|cookie|token|secret|password|key/i;

/** The secrets that a configuration spells out, whatever else may be wrong with it. */
export function literalSecrets(tree: unknown): LiteralSecret[] {
  return [
    ...natsSecrets(tree),
    ...Object.keys(asMap(valueAt(tree, ['channels']))).flatMap((n) => webhookSecrets(tree, n)),
  ];
}

function natsSecrets(tree: unknown): LiteralSecret[] {
  const url = valueAt(tree, ['nats', 'url']);
  const urls: [Path, unknown][] = Array.isArray(url)
    ? url.map((item, i) => [['nats', 'url', i], item])
    : [[['nats', 'url'], url]];
  return [
    ...field(tree, ['nats', 'password']),
    ...field(tree, ['nats', 'token']),
    ...urls.flatMap(([path, value]) => inUrl(path, typeof value === 'string' ? natsUrlSecret(value) : undefined)),
  ];
}

function webhookSecrets(tree: unknown, name: string): LiteralSecret[] {
  const at = ['channels', name];
  const headers = asMap(valueAt(tree, [...at, 'headers']));
  const url = valueAt(tree, [...at, 'url']);
  return [
    ...field(tree, [...at, 'secret']),
    ...Object.keys(headers).flatMap((h) => (sensitiveHeader.test(h) ? credential(tree, [...at, 'headers', h]) : [])),
    ...inUrl([...at, 'url'], typeof url === 'string' && isCapability(url) ? url : undefined),
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

function inUrl(path: Path, value: string | undefined): LiteralSecret[] {
  return value === undefined ? [] : [{ path, value, inUrl: true }];
}

function natsUrlSecret(url: string): string | undefined {
  const address: Partial<NatsAddress> = parseNatsUrl(url) ?? {};
  return address.password ?? address.token;
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
