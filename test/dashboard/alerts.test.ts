import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { AlertEvent, AlertView } from '../../src/client/index.js';
import { listAlerts } from '../../src/dashboard/alerts/filter.js';
import { AlertStore } from '../../src/dashboard/alerts/store.js';
import { sampleAlert } from '../support/samples.js';

const alertOf = (id: string, change: Partial<AlertView> = {}): AlertView => ({ ...sampleAlert, id, ...change });
const everything = { states: [], severities: [], text: '' };
const ids = (alerts: readonly AlertView[]) => alerts.map(({ id }) => id);

describe('listAlerts', () => {
  it('puts the gravest first, then the latest, and resolved ones apart', () => {
    const alerts = [
      alertOf('old', { severity: 'low', startedAt: 1 }),
      alertOf('grave', { severity: 'critical', startedAt: 2 }),
      alertOf('new', { severity: 'low', startedAt: 3 }),
      alertOf('gone', { state: 'resolved', resolvedAt: 5 }),
      alertOf('just gone', { state: 'resolved', resolvedAt: 9 }),
    ];
    const { open, resolved } = listAlerts(alerts, everything);
    expect(ids(open)).toEqual(['grave', 'new', 'old']);
    expect(ids(resolved)).toEqual(['just gone', 'gone']);
  });

  it('shows only the states and severities that are chosen', () => {
    const alerts = [
      alertOf('a', { severity: 'low' }),
      alertOf('b', { severity: 'low', state: 'acknowledged' }),
      alertOf('c', { severity: 'high' }),
    ];
    expect(ids(listAlerts(alerts, { ...everything, severities: ['low'] }).open)).toEqual(['a', 'b']);
    expect(ids(listAlerts(alerts, { ...everything, severities: ['low'], states: ['active'] }).open)).toEqual(['a']);
  });

  it('finds all words anywhere, and labels by key and value', () => {
    const alerts = [
      alertOf('a', { title: 'Disk fills up', source: 'db-1', labels: { team: 'data' } }),
      alertOf('b', { title: 'Disk fills up', source: 'web-1' }),
    ];
    expect(ids(listAlerts(alerts, { ...everything, text: 'DISK db' }).open)).toEqual(['a']);
    expect(ids(listAlerts(alerts, { ...everything, text: 'team=data' }).open)).toEqual(['a']);
    expect(ids(listAlerts(alerts, { ...everything, text: 'team=web' }).open)).toEqual([]);
  });
});

describe('AlertStore', () => {
  const event = (alert: AlertView) => ({ type: 'event', event: { alert } as AlertEvent }) as const;

  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it('replaces everything by a snapshot', () => {
    const store = new AlertStore();
    store.apply(event(alertOf('before')));
    expect(store.loaded.value).toBe(false);
    store.apply({ type: 'snapshot', alerts: [alertOf('after')] });
    expect(store.loaded.value).toBe(true);
    expect([...store.all].map(({ id }) => id)).toEqual(['after']);
  });

  it('counts open alerts by severity', () => {
    const store = new AlertStore();
    store.apply({
      type: 'snapshot',
      alerts: [alertOf('a'), alertOf('b', { severity: 'low' }), alertOf('c', { state: 'resolved' })],
    });
    expect(store.counts.value).toEqual({ low: 1, medium: 0, high: 1, critical: 0 });
  });

  it('refreshes at once, then at most every 50 ms, and misses nothing', () => {
    const store = new AlertStore();
    const seen: number[] = [];
    store.counts.subscribe((counts) => seen.push(counts['high']!));
    for (let i = 0; i < 10; i++) store.apply(event(alertOf(`a${i}`)));
    expect(seen).toEqual([0, 1]);
    vi.advanceTimersByTime(50);
    expect(seen).toEqual([0, 1, 10]);
  });

  it('announces a critical alert when it opens or becomes critical, and never again', () => {
    const store = new AlertStore();
    const said: string[] = [];
    store.announcement.subscribe((text) => said.push(text));
    store.apply(event(alertOf('a', { severity: 'high', title: 'Slow' })));
    store.apply(event(alertOf('a', { severity: 'critical', title: 'Slow', source: 'shop' })));
    store.apply(event(alertOf('a', { severity: 'critical', title: 'Slow', count: 2 })));
    store.apply(event(alertOf('b', { severity: 'critical', state: 'resolved' })));
    expect(said).toEqual(['', 'Critical alert: Slow, shop']);
  });

  it('announces only the title of a critical alert without a source', () => {
    const store = new AlertStore();
    store.apply(event(alertOf('a', { severity: 'critical', title: 'Slow', source: '' })));
    expect(store.announcement.value).toBe('Critical alert: Slow');
  });

  it('is silent about what was there before', () => {
    const store = new AlertStore();
    store.apply({ type: 'snapshot', alerts: [alertOf('a', { severity: 'critical' })] });
    expect(store.announcement.value).toBe('');
  });

  it('keeps the last 500 resolved alerts, and every open one', () => {
    const store = new AlertStore();
    store.apply(event(alertOf('open')));
    for (let i = 0; i < 600; i++) store.apply(event(alertOf(`r${i}`, { state: 'resolved' })));
    const kept = [...store.all].map(({ id }) => id);
    expect(kept).toHaveLength(501);
    expect(kept.slice(0, 2)).toEqual(['open', 'r100']);
  });

  it('knows the alerts on a metric', () => {
    const store = new AlertStore();
    store.apply({ type: 'snapshot', alerts: [alertOf('a', { metric: 'cpu' }), alertOf('b', { metric: 'mem' })] });
    expect(store.byMetric.value.get('cpu')?.map(({ id }) => id)).toEqual(['a']);
  });
});
