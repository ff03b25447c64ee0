import { inspect } from 'node:util';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createSecretRegistry, redact, resolveConfig } from '../../src/config/index.js';
import { load } from './load-from.js';

function registryOf(...values: string[]) {
  const registry = createSecretRegistry();
  for (const value of values) registry.add(value);
  return registry;
}

describe('the secret registry', () => {
  it('P46 hides every secret wherever it stands in a text', () => {
    const registry = registryOf('hunter22', 'whsec_abc');
    expect(registry.scrub('a hunter22 b whsec_abc c hunter22')).toBe('a [secret] b [secret] c [secret]');
  });

  it('P46 hides the whole of a secret that begins with another one', () => {
    expect(registryOf('token', 'token-long').scrub('x token-long y')).toBe('x [secret] y');
  });

  it('P46 hides a secret that is escaped for JSON or for a URL', () => {
    const secret = 'a "b"\n/ü&';
    const registry = registryOf(secret);
    expect(registry.scrub(`{"p":${JSON.stringify(secret)}}`)).toBe('{"p":"[secret]"}');
    expect(registry.scrub(`?p=${encodeURIComponent(secret)}`)).toBe('?p=[secret]');
  });

  it('leaves other text alone when a secret is too short to search for, but hides it where it is the whole', () => {
    const registry = registryOf('1');
    expect(registry.scrub('10 of 100')).toBe('10 of 100');
    expect(registry.scrub('1')).toBe('[secret]');
  });

  it('knows where the rest of a text has moved', () => {
    const secrets = fc.array(fc.string({ unit: fc.constantFrom('a', 'b'), minLength: 4, maxLength: 12 }), {
      maxLength: 3,
    });
    const around = fc.string({ unit: fc.constantFrom('x', 'y'), maxLength: 5 });
    fc.assert(
      fc.property(secrets, fc.array(around, { minLength: 2, maxLength: 4 }), (known, parts) => {
        const registry = registryOf(...known);
        const text = parts.join(known[0] ?? '');
        const last = parts.at(-1)!;
        // An empty rest has no place of its own beside a secret.
        fc.pre(last !== '');
        const [start, end] = registry.moved(text, text.length - last.length, text.length);
        expect(registry.scrub(text).slice(start, end)).toBe(last);
      }),
    );
  });

  it('is not disturbed by any secret', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', minLength: 4 }), (secret) => {
        expect(registryOf(secret).scrub(`<${secret}>`)).not.toContain(`<${secret}>`);
      }),
    );
  });

  it('redacts every string of plain data, and nothing else', () => {
    const data = { a: ['hunter22', 7, null], hunter22: { b: 'x hunter22' } };
    expect(redact(data, registryOf('hunter22'))).toEqual({ a: ['[secret]', 7, null], hunter22: { b: 'x [secret]' } });
  });
});

describe('a loaded configuration', () => {
  const text = `
nats: {url: "nats://user:pa55word@broker:4222"}
channels:
  hook:
    type: webhook
    url: https://example.org/\${HOOK_PATH}
    secret: \${file:/run/hook}
    headers: {Authorization: "Bearer literal-token", X-Team: platform}
`;
  const world = { env: { HOOK_PATH: 'T0/B1' }, files: { '/run/hook': 'whsec_file\n' } };
  const leaks = /pa55word|T0\/B1|whsec_file|literal-token/;

  it('holds the secrets for use', () => {
    const { config } = load(text, world);
    expect(config.nats.password).toBe('pa55word');
    expect(config.channels['hook']).toMatchObject({ url: 'https://example.org/T0/B1', secret: 'whsec_file' });
  });

  it.each([
    ['JSON.stringify', (value: unknown) => JSON.stringify(value)],
    ['inspect', (value: unknown) => inspect(value, { depth: 9, showHidden: true })],
    ['a template', (value: unknown) => `${value}`],
  ])('P46 shows no secret through %s, as a whole or in parts', (_, print) => {
    const { config } = load(text, world);
    for (const part of [config, config.nats, config.channels, config.channels['hook']]) {
      expect(print(part)).not.toMatch(leaks);
    }
    expect(JSON.stringify(config)).toContain('platform');
  });

  it('P46 knows all its secrets, so that log lines can be scrubbed', () => {
    const { secrets } = load(text, world);
    expect(secrets.scrub('pa55word T0/B1 whsec_file literal-token')).not.toMatch(leaks);
    expect(secrets.scrub('POST https://example.org/T0/B1 failed')).toBe('POST [secret] failed');
  });

  it('P46 warns once of each secret that is written out, and not of references', () => {
    const { warnings } = load(
      `
nats: {token: abc-literal}
channels:
  hook: {type: webhook, url: "https://example.org/x", secret: "\${S}", headers: {X-Api-Key: "k-literal"}}
`,
      { env: { S: 'fine' } },
    );
    expect(warnings.map(({ code, path }) => [code, path])).toEqual([
      ['CFG401', 'nats.token'],
      ['CFG401', 'channels.hook.headers.X-Api-Key'],
    ]);
    expect(JSON.stringify(warnings)).not.toMatch(/literal"/);
  });

  it('P46 hides secrets of the object form too', () => {
    const config = resolveConfig({ nats: { url: 'nats://h', token: 'my-token' } });
    expect(config.nats.token).toBe('my-token');
    expect(inspect(config)).not.toContain('my-token');
  });
});
