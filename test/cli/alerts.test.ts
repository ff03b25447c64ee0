import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { runCli } from '../../src/cli/program.js';
import { createTestIo } from './test-io.js';

const t0 = Date.UTC(2026, 0, 2, 12);

const alert = {
  id: '0a-1',
  title: 'Disk full',
  message: 'no space left',
  severity: 'high',
  source: 'db-1',
  state: 'active',
  status: 'pending',
  startedAt: t0,
  count: 1,
  escalation: { level: 0 },
  channelsSent: [],
  deliveries: [] as readonly object[],
};

let server: Server | undefined;
afterEach(() => {
  server?.closeAllConnections();
  server?.close();
});

/** What the command prints when the engine answers so. */
async function printed(answer: unknown, ...args: string[]): Promise<readonly string[]> {
  server = createServer((_, response) => response.end(JSON.stringify(answer)));
  await new Promise<void>((listening) => server!.listen(0, '127.0.0.1', listening));
  const io = createTestIo();
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  expect(await runCli([...args, '--url', url], io)).toBe(0);
  return io.stdout;
}

describe('what tocsin alerts and explain print', () => {
  it('P19 the list marks what is muted', async () => {
    const alerts = [{ ...alert, silencedBy: ['s1'] }, { ...alert, inhibitedBy: ['0a-2'] }, alert];
    expect(await printed({ alerts }, 'alerts')).toEqual([
      expect.stringMatching(/Disk full {2}db-1 {2}silenced {2}0a-1$/),
      expect.stringMatching(/Disk full {2}db-1 {2}inhibited {2}0a-1$/),
      expect.stringMatching(/Disk full {2}db-1 {2}0a-1$/),
    ]);
  });

  it('P19 one alert tells what mutes it, and its attempts by their end, with the channel', async () => {
    const muted = { ...alert, silencedBy: ['s1'], inhibitedBy: ['0a-2', '0a-3'] };
    const told = { ...muted, deliveries: [{ channel: 'hook', status: 'delivered', at: t0 + 2 }] };
    const events = [
      { type: 'opened', reason: 'raised', time: t0, alert },
      { type: 'sending', reason: 'sending', time: t0 + 1, alert },
      { type: 'delivered', reason: 'delivered', time: t0 + 2, alert: told },
    ];
    const lines = await printed({ alert: muted, events }, 'alerts', 'show', '0a-1');
    expect(lines[2]).toBe('status pending; silenced by s1; inhibited by 0a-2, 0a-3');
    expect(lines.slice(3)).toEqual([
      expect.stringMatching(/opened {11}raised$/),
      expect.stringMatching(/delivered {8}to hook$/),
    ]);
  });

  it('P19 an explanation folds attempts that fail in the same way', async () => {
    const attempt = { step: 'delivery', text: 'hook: waits to be tried again: ECONNREFUSED' };
    const decisions = [
      { at: t0, step: 'notify', text: 'told: hook' },
      ...[1, 2, 3].map((n) => ({ ...attempt, at: t0 + n * 1000 })),
      { at: t0 + 4000, step: 'delivery', text: 'hook: delivered in 1 ms, 4 attempts' },
    ];
    const answer = { id: '0a-1', title: 'Disk full', severity: 'high', state: 'active', decisions, next: [] };
    expect((await printed(answer, 'explain', '0a-1')).slice(1)).toEqual([
      expect.stringMatching(/told: hook$/),
      expect.stringMatching(/:01\.000 .*ECONNREFUSED {2}\(3 times until .*:03\.000\)$/),
      expect.stringMatching(/delivered in 1 ms, 4 attempts$/),
    ]);
  });
});
