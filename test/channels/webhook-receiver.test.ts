import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createWebhookChannel } from '../../src/channels/webhook.js';
import { notification } from '../support/notification.js';

const text = readFileSync('docs/webhooks.md', 'utf8');
const [, receiver] = /```js\n(.*?)```/s.exec(text)!;
const secret = `whsec_${Buffer.from('key-bytes').toString('base64')}`;
const given = notification({ title: 'Disk full' });

describe('P52 the receiver in the text on webhooks', () => {
  let child: ChildProcess;
  let lines: AsyncIterator<string>;
  let url: string;
  beforeEach(async () => {
    const env = { ...process.env, HOOK_SECRET: secret, PORT: '0' };
    child = spawn(process.execPath, ['--input-type=module', '-e', receiver!], { env });
    lines = createInterface({ input: child.stdout! })[Symbol.asyncIterator]();
    url = `http://127.0.0.1:${(await nextLine()).replace('port ', '')}/`;
  });
  afterEach(async () => {
    const ended = once(child, 'exit');
    child.kill();
    await ended;
  });

  it('takes what the channel signs, and acts once on what comes twice', async () => {
    const other = { ...given, id: 'another', type: 'resolved' } as const;
    for (const each of [given, given, other]) expect(await send(secret, each)).toEqual({ outcome: 'delivered' });
    expect(await nextLine()).toBe('opened Disk full');
    expect(await nextLine()).toBe('resolved Disk full');
  });

  it.each([
    ['signed with another secret', 'plain secret'],
    ['not signed', undefined],
  ])('refuses what is %s', async (_, other) => {
    expect(await send(other)).toMatchObject({ outcome: 'permanent', error: expect.stringContaining('HTTP 401') });
  });

  function send(key: string | undefined, what = given) {
    const options = { url, headers: {}, ...(key === undefined ? {} : { secret: key }) };
    const context = { signal: new AbortController().signal, attempt: 1 };
    return createWebhookChannel('hook', options, fetch).send(what, context);
  }

  async function nextLine(): Promise<string> {
    return (await lines.next()).value;
  }
});
