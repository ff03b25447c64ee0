import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { engineAddress } from '../../src/cli/engine-address.js';
import { natsServers } from '../../src/cli/nats-address.js';

const usualNats = { urls: ['nats://127.0.0.1:4222'] };
const usualEngine = 'ws://127.0.0.1:8420/v1/stream';

describe('publish and tail, when nobody says where to', () => {
  const before = process.cwd();
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'tocsin-'));
    process.chdir(folder);
  });
  afterEach(() => {
    process.chdir(before);
    rmSync(folder, { recursive: true });
  });

  it('go where ./tocsin.yaml says', async () => {
    writeFileSync('tocsin.yaml', 'nats: { url: "nats://ada:secret@bus:4333" }\ngateway: { listen: "[::1]:9000" }\n');
    expect({ ...(await natsServers('data', {})) }).toEqual({
      urls: ['nats://bus:4333'],
      user: 'ada',
      password: 'secret',
    });
    expect(engineAddress({})).toBe('ws://[::1]:9000/v1/stream');
  });

  it('let NATS_URL win', async () => {
    writeFileSync('tocsin.yaml', 'nats: { url: "nats://bus:4333" }\n');
    expect(await natsServers('data', { NATS_URL: 'nats://other:1' })).toEqual({ urls: ['nats://other:1'] });
  });

  it('go there without the secrets of channels, which only the engine has', async () => {
    const hook = `hook: { type: webhook, url: "\${HOOK_URL}", secret: "\${file:/no/such/file}" }`;
    writeFileSync(
      'tocsin.yaml',
      `nats: { url: "nats://bus:4333" }\ngateway: { listen: 9000 }\nchannels: { ${hook} }\n`,
    );
    expect(await natsServers('data', {})).toMatchObject({ urls: ['nats://bus:4333'] });
    expect(engineAddress({})).toBe('ws://127.0.0.1:9000/v1/stream');
  });

  it.each([
    ['a file whose own credentials are not set', `nats: { url: "nats://bus:4333", token: "\${TOKEN}" }\n`],
    ['no file', undefined],
    ['a file that names no server', 'rules: []\n'],
    ['a file that is broken', 'nats: { url: [\n'],
    ['a file that asks for any free port', 'gateway: { listen: 0 }\n'],
  ])('take the usual addresses with %s', async (_, text) => {
    if (text !== undefined) writeFileSync('tocsin.yaml', text);
    expect(await natsServers('data', {})).toEqual(usualNats);
    expect(engineAddress({})).toBe(usualEngine);
  });
});
