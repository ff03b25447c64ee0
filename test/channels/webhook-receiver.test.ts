import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createWebhookChannel } from '../../src/channels/webhook.js';
import type { GroupNotification, Notification } from '../../src/model/channel.js';
import { groupNotificationOf } from '../../src/model/notification.js';
import { notification, openedEvent, outboxMessage } from '../support/notification.js';

const text = readFileSync('docs/webhooks.md', 'utf8');
const [, receiver] = /```js\n(.*?)```/s.exec(text)!;
const secret = `whsec_${Buffer.from('key-bytes').toString('base64')}`;
const given = notification({ title: 'Disk full' });
const context = { signal: new AbortController().signal, attempt: 1 };

function group(): GroupNotification {
  const [first, other] = ['Disk full', 'CPU high'].map((title, n) => openedEvent({ id: `00000000${n}-a`, title }));
  const bySeverity = { low: 0, medium: 2, high: 0, critical: 0 };
  const counts = { alerts: 2, open: 2, events: 0, resolved: 0, bySeverity };
  const batch = { group: {}, groupHash: 'h', order: 1, reason: 'wait', others: [other!], untold: [], counts } as const;
  return groupNotificationOf({ ...outboxMessage(first!), id: 'group-h.e-1-2.hook', batch }, batch);
}

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

  it('tells each alert of a group', async () => {
    expect(await sendGroup(secret, group())).toEqual({ outcome: 'delivered' });
    expect(await nextLine()).toBe('opened Disk full');
    expect(await nextLine()).toBe('opened CPU high');
  });

  it.each([
    ['signed with another secret', 'plain secret'],
    ['not signed', undefined],
  ])('refuses what is %s', async (_, other) => {
    expect(await send(other)).toMatchObject({ outcome: 'permanent', error: expect.stringContaining('HTTP 401') });
  });

  function send(key: string | undefined, what: Notification = given) {
    return channel(key).send(what, context);
  }

  function sendGroup(key: string, what: GroupNotification) {
    return channel(key).sendGroup?.(what, context);
  }

  function channel(key: string | undefined) {
    return createWebhookChannel('hook', { url, headers: {}, ...(key === undefined ? {} : { secret: key }) }, fetch);
  }

  async function nextLine(): Promise<string> {
    return (await lines.next()).value;
  }
});
