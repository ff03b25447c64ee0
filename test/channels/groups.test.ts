import { describe, expect, it } from 'vitest';
import { consoleGroupLine, createConsoleChannel } from '../../src/channels/console.js';
import { createLogChannel } from '../../src/channels/log.js';
import { createWebhookChannel } from '../../src/channels/webhook.js';
import type { GroupNotification } from '../../src/model/channel.js';
import type { Batch, BatchCounts } from '../../src/model/delivery.js';
import { silentLogger } from '../../src/model/logger.js';
import { groupAsOne, groupNotificationOf } from '../../src/model/notification.js';
import type { Severity } from '../../src/model/severity.js';
import { openedEvent, outboxMessage } from '../support/notification.js';

const none: Record<Severity, number> = { low: 0, medium: 0, high: 0, critical: 0 };
const counts: BatchCounts = { alerts: 3, open: 2, events: 0, resolved: 1, bySeverity: { ...none, medium: 1, high: 1 } };
const context = { signal: new AbortController().signal, attempt: 1 };

function group(fields: Partial<Batch> = {}): GroupNotification {
  const first = openedEvent({ id: '000000001-a', keyHash: 'a', title: 'disk full' });
  const other = openedEvent({ id: '000000001-b', keyHash: 'b', title: 'cpu\u001b[2J high', severity: 'high' });
  const batch: Batch = {
    group: { category: 'risk' },
    groupHash: 'h',
    order: 1,
    reason: 'wait',
    others: [other],
    untold: [{ alertId: '000000001-c', keyHash: 'c', transition: 1 }],
    counts,
    ...fields,
  };
  return groupNotificationOf({ ...outboxMessage(first), id: 'group-h.e-1-3.hook', batch }, batch);
}

describe('several alerts in one message', () => {
  it('P51 are one line on the console: how many, what they have in common, their titles, made harmless', () => {
    const line = consoleGroupLine(group(), false);
    expect(line).toMatch(
      /^\d\d:\d\d:\d\d {2}▲ HIGH {6}3 alerts \(2 open, 1 resolved\) {2}risk {2}disk full, cpu \[2J high, and 1 more$/,
    );
  });

  it('P51 are shown as resolved only when all of them are', () => {
    const over = { ...counts, open: 0, resolved: 3, bySeverity: none };
    expect(consoleGroupLine(group({ counts: over }), false)).toContain('✔ RESOLVED');
    const events = { ...over, resolved: 0, events: 3 };
    expect(consoleGroupLine(group({ counts: events }), false)).toContain('▲ LOW');
  });

  it('P50 are one line in the log, at the level of the gravest that is not over', async () => {
    const lines: unknown[][] = [];
    const log = { ...silentLogger, error: (...line: unknown[]) => void lines.push(line) };
    await createLogChannel('log', log).sendGroup!(group(), context);
    expect(lines).toMatchObject([
      [
        {
          notification: 'group-h.e-1-3.hook',
          group: { category: 'risk' },
          more: 1,
          alerts: [{ title: 'disk full' }, {}],
        },
        '3 alerts (2 open, 1 resolved)',
      ],
    ]);
  });

  it('P52 are posted as one body under one idempotency key', async () => {
    const requests: RequestInit[] = [];
    const fetcher = (async (_: unknown, init: RequestInit) => {
      requests.push(init);
      return new Response();
    }) as typeof fetch;
    const channel = createWebhookChannel('hook', { url: 'http://127.0.0.1:9/', headers: {} }, fetcher);
    expect(await channel.sendGroup!(group(), context)).toEqual({ outcome: 'delivered' });
    const [{ body, headers }] = requests as [RequestInit];
    expect(JSON.parse(String(body))).toEqual(JSON.parse(JSON.stringify(group())));
    expect(headers).toMatchObject({ 'idempotency-key': 'group-h.e-1-3.hook' });
  });

  it('P51 are written once', async () => {
    const lines: string[] = [];
    await createConsoleChannel('console', { write: (line) => lines.push(line), color: true }).sendGroup!(
      group(),
      context,
    );
    expect(lines).toHaveLength(1);
  });

  it('P15 reach a channel that knows no groups as the first of them, which says what it stands for', () => {
    const { id, type, data } = groupAsOne(group());
    expect([id, type, data.alert.title]).toEqual([
      'group-h.e-1-3.hook',
      'opened',
      '3 alerts (2 open, 1 resolved): disk full',
    ]);
    expect(data.alert.message).toBe('opened: disk full\nopened: cpu\u001b[2J high\nand 1 more');
  });
});
