import { afterEach, describe, expect, it } from 'vitest';
import { type AskedEngine, startAskedEngine } from './asked-engine.js';

const t0 = Date.UTC(2026, 0, 2, 12);
const letter = {
  ...{ id: '0a-1.1.hook', channel: 'hook', status: 'dead', alertId: '0a-1', transition: 1, type: 'opened' },
  ...{ title: 'Disk full', severity: 'high', at: t0, error: 'HTTP 410' },
};
const channel = { name: 'hook', type: 'webhook', enabled: true, available: true, circuit: 'closed' };
const counts = { sent: 3, failed: 0, dead: 0, waiting: 0 };

let engine: AskedEngine;
afterEach(() => engine.close());

describe('what tocsin deliveries prints', () => {
  it('P16 each dead letter with its channel and why it was given up', async () => {
    const again = { count: 2, by: 'ann' };
    engine = await startAskedEngine(() => ({ deliveries: [letter, { ...letter, alerts: 3, resend: again }] }));
    const { status, out } = await engine.run('deliveries');
    expect(status).toBe(0);
    expect(out).toEqual([
      expect.stringMatching(/HIGH {6}opened {2}Disk full {2}to hook: HTTP 410 {2}0a-1\.1\.hook$/),
      expect.stringMatching(/Disk full {2}and 2 more {2}to hook: HTTP 410 {2}\(sent again 2 times, last by ann\)/),
    ]);
    expect(engine.asked).toEqual(['GET /v1/deliveries?status=dead']);
  });

  it('P16 that there is none, and JSON as it came', async () => {
    engine = await startAskedEngine(() => ({ deliveries: [] }));
    expect((await engine.run('deliveries')).out).toEqual(['no delivery was given up']);
    expect((await engine.run('deliveries', 'list', '--limit', '5', '--json')).out).toEqual(['{"deliveries":[]}']);
    expect(engine.asked.at(-1)).toBe('GET /v1/deliveries?status=dead&limit=5');
  });

  it('P16 what became of each that is sent again; one that is refused makes the whole fail', async () => {
    engine = await startAskedEngine((request) =>
      request.includes('gone')
        ? { code: 'delivery_unknown', detail: 'no dead letter' }
        : { ok: true, status: 'pending' },
    );
    const { status, out, err } = await engine.run('deliveries', 'resend', 'gone', '0a-1.1.hook', '--by', 'ann');
    expect({ status, out, err }).toEqual({
      status: 1,
      out: ['pending  0a-1.1.hook'],
      err: ['refused  gone  no dead letter'],
    });
    expect(engine.asked.at(-1)).toBe('POST /v1/deliveries/0a-1.1.hook/resend {"by":"ann"}');
  });
});

describe('what tocsin channels prints', () => {
  it('P05 how each channel stands', async () => {
    const down = { openSince: t0, lastError: 'ECONNREFUSED', dead: 1, fallback: 'log' };
    engine = await startAskedEngine(() => ({
      channels: [
        { ...channel, ...counts },
        { ...channel, ...counts, ...down },
        { ...channel, ...counts, enabled: false },
        { ...channel, ...counts, available: false },
      ],
    }));
    expect((await engine.run('channels')).out).toEqual([
      expect.stringMatching(/^hook +webhook +up {2}sent 3, waiting 0$/),
      expect.stringMatching(
        /down since 2026-01-0.* {2}sent 3, given up 1, waiting 0 {2}else log {2}last error: ECONNREF/,
      ),
      expect.stringMatching(/disabled {2}sent 3/),
      expect.stringMatching(/unavailable {2}sent 3/),
    ]);
  });

  it('P05 how the test of one went; it fails when nothing arrives', async () => {
    let delivered = true;
    engine = await startAskedEngine(() => ({
      channel: 'hook',
      delivered,
      ms: 1.6,
      ...(!delivered && { error: 'HTTP 500' }),
    }));
    expect(await engine.run('channels', 'test', 'hook')).toMatchObject({ status: 0, out: ['hook  delivered in 2 ms'] });
    delivered = false;
    expect(await engine.run('channels', 'test', 'hook')).toMatchObject({
      status: 1,
      out: ['hook  not delivered: HTTP 500'],
    });
    expect(engine.asked.at(-1)).toBe('POST /v1/channels/hook/test');
  });
});
