import { describe, expect, it } from 'vitest';
import { alertLine, metricLine } from '../../src/cli/lines.js';
import type { AlertEvent } from '../../src/model/view.js';

const time = new Date(2026, 0, 2, 19, 55, 1).getTime();

function event(overrides: Partial<AlertEvent['alert']> = {}): AlertEvent {
  const alert = { id: 'id-1', severity: 'high', title: 'High CPU usage', source: 'web-1', count: 1, ...overrides };
  return { seq: 1, type: 'opened', time, reason: 'test', alert: alert as AlertEvent['alert'] };
}

describe('a line of tail', () => {
  it('for an alert event tells when, what, how grave, title, source and id', () => {
    expect(alertLine(event(), false)).toBe('19:55:01  opened          HIGH      High CPU usage  web-1  id-1');
  });

  it('tells how often an alert was raised and who acted', () => {
    const line = alertLine({ ...event({ count: 12 }), type: 'acknowledged', by: 'ada' }, false);
    expect(line).toContain('web-1  by ada  ×12');
  });

  it('for a delivery names the channel, of several the one that changed at its time', () => {
    const deliveries = [
      { channel: 'console', transition: 1, status: 'delivered', attempts: 1, at: time },
      { channel: 'pager', transition: 2, status: 'delivered', attempts: 1, at: time + 20 },
      { channel: 'hook', transition: 1, status: 'sending', attempts: 0, at: time },
      { channel: 'mail', transition: 1, status: 'dead', attempts: 4, at: time - 10 },
    ] as const;
    const delivered = event({ deliveries });
    expect(alertLine({ ...delivered, type: 'delivered' }, false)).toContain('web-1  to console  id-1');
    expect(alertLine({ ...delivered, type: 'delivery_failed' }, false)).toContain('web-1  to mail  id-1');
    expect(alertLine({ ...delivered, type: 'acknowledged' }, false)).not.toContain('  to ');
  });

  it('leaves out what is empty', () => {
    const line = alertLine({ ...event({ source: '', count: 2 }), type: 'resolved', by: '' }, false);
    expect(line).toBe('19:55:01  resolved        HIGH      High CPU usage  ×2  id-1');
  });

  it('has colours only where they may be', () => {
    expect(alertLine(event(), true)).toContain('\u001b[');
    expect(alertLine(event(), false)).not.toContain('\u001b[');
  });

  it('for a value tells source, name, labels, unit and what was merged', () => {
    const series = { name: 'cpu.usage', source: 'web-1', labels: { core: '0' }, unit: '%' };
    expect(metricLine({ series, time, value: 91.2, count: 3, min: 80.1, max: 91.2 })).toBe(
      '19:55:01  web-1  cpu.usage{core=0}  91.2 %  (3 values, 80.1 to 91.2)',
    );
    expect(
      metricLine({ series: { name: 'load', source: 'a', labels: {} }, time, value: 1, count: 1, min: 1, max: 1 }),
    ).toBe('19:55:01  a  load  1');
  });

  it('carries no control or direction characters of a hostile title to the terminal', () => {
    expect(alertLine(event({ title: 'a\u001b]0;owned\u0007\r\nb\u202ec' }), false)).toContain('a ]0;owned b c');
  });
});
