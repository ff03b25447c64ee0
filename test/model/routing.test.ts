import { describe, expect, it } from 'vitest';
import { defaultRoutes, type Route, type RoutedAlert, route } from '../../src/model/routing.js';

const alert: RoutedAlert = {
  title: 't',
  severity: 'medium',
  category: 'trade',
  source: 'web-1',
  labels: { desk: 'fx-eu' },
  tags: ['vip'],
  data: {},
};
const base: Route = {
  id: 'r',
  name: 'r',
  enabled: true,
  minSeverity: 'low',
  categories: [],
  match: {},
  channels: ['a'],
  stop: false,
};
const allChannels = ['log', 'a', 'b'];

function channelsOf(routes: readonly Route[], changes: Partial<RoutedAlert> = {}) {
  return route({ routes, defaultChannels: ['log'], allChannels }, { ...alert, ...changes }).channels;
}

describe('routing', () => {
  it('P09 the channels of all matching routes are united', () => {
    expect(channelsOf([base, { ...base, channels: ['b', 'a'] }])).toEqual(['a', 'b']);
  });

  it('P09 an alert that no route matches goes to the default channels', () => {
    expect(channelsOf([{ ...base, minSeverity: 'high' }])).toEqual(['log']);
  });

  it('P09 a route needs its severity, its category, its labels, its source, its tag and its condition', () => {
    const misses: Partial<Route>[] = [
      { minSeverity: 'high' },
      { categories: ['risk'] },
      { match: { desk: 'rates-*' } },
      { match: { missing: 'x' } },
      { match: { source: 'db-*' } },
      { match: { tag: 'other' } },
      { condition: () => false },
      { enabled: false },
    ];
    for (const miss of misses) expect(channelsOf([{ ...base, ...miss }]), JSON.stringify(miss)).toEqual(['log']);
    const hit = {
      minSeverity: 'medium',
      categories: ['trade'],
      match: { desk: 'fx-*', source: 'web-*', tag: 'vip' },
    } as const;
    expect(channelsOf([{ ...base, ...hit, condition: () => true }])).toEqual(['a']);
  });

  it('P09 a route that says stop is the last one looked at', () => {
    expect(
      channelsOf([
        { ...base, stop: true },
        { ...base, channels: ['b'] },
      ]),
    ).toEqual(['a']);
  });

  it('P09 the escalation of the first matching route that has one is taken', () => {
    const table = {
      routes: [base, { ...base, escalation: 'x' }, { ...base, escalation: 'y' }],
      defaultChannels: [],
      allChannels,
    };
    expect(route(table, alert).escalation).toBe('x');
  });

  it('P10 without routes critical goes to every channel, trade and execution from medium, risk from high to the default ones', () => {
    const routes = defaultRoutes(['a']);
    expect(channelsOf(routes, { severity: 'critical', category: 'system' })).toEqual(allChannels);
    expect(channelsOf(routes, { severity: 'medium', category: 'execution' })).toEqual(['a']);
    expect(channelsOf(routes, { severity: 'low', category: 'trade' })).toEqual(['log']);
    expect(channelsOf(routes, { severity: 'high', category: 'risk' })).toEqual(['a']);
    expect(channelsOf(routes, { severity: 'medium', category: 'risk' })).toEqual(['log']);
  });
});
