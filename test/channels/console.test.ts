import { describe, expect, it } from 'vitest';
import { consoleLine, createConsoleChannel } from '../../src/channels/console.js';
import { t0 } from '../support/decision.js';
import { notification } from '../support/notification.js';

const rule = { title: 'High CPU', source: 'web-1', severity: 'critical' } as const;
const line = (...args: Parameters<typeof notification>) =>
  consoleLine(notification(...args), undefined, false).slice(10);

describe('the console channel', () => {
  it('P51 writes one readable line, without what it says twice', () => {
    const message = 'High CPU: cpu.usage > 80 (current: 91, severity: critical)';
    expect(line({ ...rule, message })).toBe('▲ CRITICAL  High CPU  web-1  cpu.usage > 80 (current: 91)');
  });

  it('P51 begins with the time of day', () => {
    expect(consoleLine(notification(rule), undefined, false)).toMatch(/^\d\d:\d\d:\d\d {2}▲/);
  });

  it('P51 ends with the time in each stage and the budget', () => {
    const marks = { published: t0 - 1, received: t0, evaluated: t0 + 0.1, stored: t0 + 0.9, sent: t0 + 1.1 };
    const text = consoleLine(notification(rule), marks, false);
    expect(text).toMatch(/ {2}evaluated 0\.1 · stored 0\.8 · sent 0\.2 = 1\.1 ms of 50 ms$/);
    expect(consoleLine(notification(rule), { stored: t0, sent: t0 + 2 }, false)).toMatch(/ {2}sent 2\.0 = 2\.0 ms$/);
  });

  it('P51 tells a rung, a repeat and the end apart', () => {
    const chain = { id: 'c', levels: [{ afterMs: 1 }], max: 3 };
    const escalated = { ...rule, chain, escalation: { level: 2 }, message: 'm' };
    expect(line(escalated, { type: 'escalated' })).toBe('⇧ CRITICAL  High CPU  web-1  level 2 of 3  m');
    const repeated = { ...rule, startedAt: t0, updatedAt: t0 + 3_700_000, message: 'm' };
    expect(line(repeated, { type: 'repeated' })).toBe('↻ CRITICAL  High CPU  web-1  open for 1 h 1 min  m');
    const resolved = { ...rule, startedAt: t0, resolved: { by: 'rule', at: t0 + 16_000 } };
    expect(line(resolved, { type: 'resolved' })).toBe('✔ RESOLVED  High CPU  web-1  after 16 s');
  });

  it('P51 leaves out what is empty', () => {
    const bare = { ...rule, source: '', message: '' };
    expect(line(bare)).toBe('▲ CRITICAL  High CPU');
    const chain = { id: 'c', levels: [{ afterMs: 1 }], max: 3 };
    const escalated = { ...bare, chain, escalation: { level: 2 } };
    const marks = { stored: t0, sent: t0 + 2 };
    const text = consoleLine(notification(escalated, { type: 'escalated' }), marks, false);
    expect(text.slice(10)).toBe('⇧ CRITICAL  High CPU  level 2 of 3  sent 2.0 = 2.0 ms');
  });

  it('P51 has colour only when asked for', () => {
    const given = notification(rule);
    expect(consoleLine(given, undefined, true)).toContain('\x1b[1;97;41m▲ CRITICAL\x1b[0m');
    expect(consoleLine(given, undefined, false)).not.toContain('\x1b');
  });

  it('P51 lets no text from outside steer the terminal', () => {
    const text = line({ ...rule, title: 'a\x1b[2Jb\r\nc', source: '\u202edne', message: 'x\u009b5n\x07'.repeat(100) });
    expect(text).not.toMatch(/[\p{Cc}\u202e]/u);
    expect(text).toContain('a [2Jb c');
    expect(text.length).toBeLessThan(300);
  });

  it('P51 delivers by writing', async () => {
    const lines: string[] = [];
    const channel = createConsoleChannel('console', { write: (text) => lines.push(text), color: false });
    const result = await channel.send(notification(rule), { signal: new AbortController().signal, attempt: 1 });
    expect(result).toEqual({ outcome: 'delivered' });
    expect(lines).toHaveLength(1);
  });
});
