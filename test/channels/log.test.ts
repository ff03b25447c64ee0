import { describe, expect, it } from 'vitest';
import { createChannel } from '../../src/channels/create-channel.js';
import { type Logger, silentLogger } from '../../src/model/logger.js';
import { notification } from '../support/notification.js';

const context = { signal: new AbortController().signal, attempt: 1 };

function recorder() {
  const lines: { level: string; fields: object; message: string }[] = [];
  const at = (level: string) => (fields: object, message: string) => lines.push({ level, fields, message });
  const log: Logger = {
    debug: at('debug'),
    info: at('info'),
    warn: at('warn'),
    error: at('error'),
    fatal: at('fatal'),
  };
  return { lines, log };
}

describe('the log channel', () => {
  it.each([
    ['low', 'info'],
    ['medium', 'warn'],
    ['high', 'error'],
    ['critical', 'fatal'],
  ] as const)('P50 logs severity %s at level %s', async (severity, level) => {
    const { lines, log } = recorder();
    const channel = createChannel('log', { type: 'log', enabled: true }, { log, write: () => {}, color: false });
    const given = notification({ severity });
    expect(await channel.send(given, context)).toEqual({ outcome: 'delivered' });
    expect(lines).toMatchObject([
      {
        level,
        message: given.data.alert.title,
        fields: { notification: given.id, type: 'opened', alert: given.data.alert.id, severity },
      },
    ]);
  });

  it('P50 logs what is over at level info', async () => {
    const { lines, log } = recorder();
    const channel = createChannel('log', { type: 'log', enabled: true }, { log, write: () => {}, color: false });
    await channel.send(notification({ severity: 'critical' }, { type: 'resolved' }), context);
    expect(lines[0]?.level).toBe('info');
  });
});

describe('a channel', () => {
  it('P05 that is disabled exists and is never available', () => {
    const deps = { log: silentLogger, write: () => {}, color: false };
    expect(createChannel('log', { type: 'log', enabled: true }, deps).isAvailable()).toBe(true);
    const disabled = createChannel('log', { type: 'log', enabled: false }, deps);
    expect(disabled).toMatchObject({ name: 'log', type: 'log' });
    expect(disabled.isAvailable()).toBe(false);
  });
});
