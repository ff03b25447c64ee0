import { createHmac } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createChannel } from '../../src/channels/create-channel.js';
import { parseRetryAfter } from '../../src/channels/retry-after.js';
import type { WebhookOptions } from '../../src/channels/webhook.js';
import { silentLogger } from '../../src/model/logger.js';
import { type Answer, type HttpReceiver, startHttpReceiver } from '../support/http-receiver.js';
import { notification } from '../support/notification.js';

const given = notification();
let receiver: HttpReceiver;

beforeEach(async () => {
  receiver = await startHttpReceiver();
});
afterEach(() => receiver[Symbol.asyncDispose]());

function webhook(options: Partial<WebhookOptions> = {}) {
  const deps = { log: silentLogger, write: () => {}, color: false };
  return createChannel('hook', { type: 'webhook', enabled: true, url: receiver.url, headers: {}, ...options }, deps);
}

function send(options: Partial<WebhookOptions> = {}, signal = new AbortController().signal) {
  return webhook(options).send(given, { signal, attempt: 1 });
}

describe('the webhook channel', () => {
  it('P52 posts the notification as JSON with its idempotency key', async () => {
    expect(await send({ headers: { 'X-Team': 'ops', 'Content-Type': 'text/plain' } })).toEqual({
      outcome: 'delivered',
    });
    const [request] = receiver.requests;
    expect(request).toMatchObject({ method: 'POST', path: '/hook' });
    expect(request?.headers).toMatchObject({
      'content-type': 'application/json',
      'x-team': 'ops',
      'webhook-id': given.id,
      'idempotency-key': given.id,
    });
    expect(request?.headers).not.toHaveProperty('webhook-signature');
    expect(JSON.parse(request?.body ?? '')).toEqual(JSON.parse(JSON.stringify(given)));
  });

  it.each([
    ['a whsec_ secret', `whsec_${Buffer.from('key-bytes').toString('base64')}`, Buffer.from('key-bytes')],
    ['a raw secret', 'plain secret', Buffer.from('plain secret')],
  ])('P52 signs with %s as Standard Webhooks want it', async (_, secret, key) => {
    await send({ secret });
    const [request] = receiver.requests;
    const { 'webhook-id': id, 'webhook-timestamp': at, 'webhook-signature': signature } = request?.headers ?? {};
    const expected = createHmac('sha256', key).update(`${id}.${at}.${request?.body}`).digest('base64');
    expect(signature).toBe(`v1,${expected}`);
    expect(Math.abs(Date.now() / 1_000 - Number(at))).toBeLessThan(60);
  });

  it('P40 sends the headers that an alert wants otherwise, but never instead of those that it needs itself', async () => {
    const override = { headers: { 'x-team': 'db', 'X-Run-Book': 'r1', 'webhook-id': 'forged' } };
    const signal = new AbortController().signal;
    await webhook({ headers: { 'X-Team': 'ops', 'X-Site': 'eu' } }).send(given, { signal, attempt: 1, override });
    expect(receiver.requests[0]?.headers).toMatchObject({
      'x-team': 'db',
      'x-run-book': 'r1',
      'x-site': 'eu',
      'webhook-id': given.id,
    });
  });

  it('P52 moves credentials of the URL into a header', async () => {
    await send({ url: receiver.url.replace('//', '//ada:p%40ss@') });
    expect(receiver.requests[0]?.headers['authorization']).toBe(`Basic ${Buffer.from('ada:p@ss').toString('base64')}`);
  });

  it.each<[string, Answer, object]>([
    ['204', 204, { outcome: 'delivered' }],
    ['200 and an answer that is too long to be read', { status: 200, body: 'x'.repeat(1e6) }, { outcome: 'delivered' }],
    [
      '400',
      { status: 400, body: 'no\x1b such field' },
      { outcome: 'permanent', error: 'HTTP 400 from HOST: no  such field' },
    ],
    ['401', 401, { outcome: 'permanent' }],
    ['410', 410, { outcome: 'permanent' }],
    ['a redirect', { status: 302, headers: { location: 'http://127.0.0.1:1/' } }, { outcome: 'permanent' }],
    ['408', 408, { outcome: 'retry', countable: false }],
    ['425', 425, { outcome: 'retry', countable: false }],
    [
      '429',
      { status: 429, headers: { 'retry-after': '7' } },
      { outcome: 'retry', countable: false, retryAfterMs: 7_000 },
    ],
    ['500', 500, { outcome: 'retry', countable: true }],
    [
      '503',
      { status: 503, headers: { 'retry-after': '2' } },
      { outcome: 'retry', countable: true, retryAfterMs: 2_000 },
    ],
    ['a dropped connection', 'drop', { outcome: 'retry', countable: false }],
  ])('P52 P16 judges %s', async (_, answer, expected) => {
    receiver.answer(answer);
    const { host } = new URL(receiver.url);
    const text = JSON.stringify(await send()).replace(host, 'HOST');
    expect(JSON.parse(text)).toMatchObject(expected);
    expect(receiver.requests).toHaveLength(1);
  });

  it('P16 a receiver that is not there says nothing about the message', async () => {
    await receiver.down();
    const result = await send();
    await receiver.up();
    expect(result).toEqual({
      outcome: 'retry',
      error: `ECONNREFUSED at ${new URL(receiver.url).host}`,
      countable: false,
    });
  });

  it('P52 gives up when the time is over, and says so', async () => {
    receiver.answer('hang');
    const controller = new AbortController();
    const sending = send({}, controller.signal);
    await receiver.received(1);
    controller.abort(new DOMException('too slow', 'TimeoutError'));
    expect(await sending).toMatchObject({ outcome: 'retry', countable: true });
  });

  it('P52 an attempt that is given up for another reason does not count', async () => {
    receiver.answer('hang');
    const controller = new AbortController();
    const sending = send({}, controller.signal);
    await receiver.received(1);
    controller.abort();
    expect(await sending).toMatchObject({ outcome: 'retry', countable: false });
  });

  it('P46 no error shows more of the URL than its host', async () => {
    const url = `${receiver.url}/T0KEN?key=T0KEN`;
    receiver.answer(500);
    const errors = [await send({ url })];
    receiver.answer('drop');
    errors.push(await send({ url }));
    expect(JSON.stringify(errors)).not.toContain('T0KEN');
    expect(errors.map((error) => error.outcome)).toEqual(['retry', 'retry']);
  });

  it.each<[string, Partial<WebhookOptions>]>([
    ['url', { url: 'T0KEN' }],
    ['url', { url: 'file:///T0KEN' }],
    ['headers', { headers: { 'X Team': 'T0KEN' } }],
    ['headers', { headers: { 'X-Team': 'T0KEN\r\nX: y' } }],
  ])('P46 cannot be made when its %s is impossible, and does not show it', (field, options) => {
    const make = () => webhook(options);
    expect(make).toThrow(expect.objectContaining({ code: 'config_invalid', field }));
    expect(make).not.toThrow(/T0KEN/);
  });

  it('P52 has its own time allowed when it is configured', () => {
    expect(webhook({ timeoutMs: 500 }).timeoutMs).toBe(500);
    expect(webhook().timeoutMs).toBeUndefined();
  });
});

describe('Retry-After', () => {
  const now = Date.parse('Wed, 21 Oct 2026 07:28:00 GMT');

  it.each([
    ['120', 120_000],
    ['0', 0],
    ['99999999', 3_600_000],
    ['Wed, 21 Oct 2026 07:28:30 GMT', 30_000],
    ['Wed, 21 Oct 2026 07:27:00 GMT', 0],
    ['soon', undefined],
    ['-5', undefined],
    [null, undefined],
  ])('P16 %s is read as %s milliseconds', (value, expected) => {
    expect(parseRetryAfter(value, now)).toBe(expected);
  });
});
