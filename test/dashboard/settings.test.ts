import { describe, expect, it } from 'vitest';
import { defaultSettings, readSettings, type Settings, windowMs, writeSettings } from '../../src/dashboard/settings.js';

const chosen: Settings = {
  theme: 'dark',
  window: '15m',
  states: ['active', 'escalated'],
  severities: ['critical'],
  text: 'team=pay & more',
  metric: 'cpu',
};

describe('settings in the URL', () => {
  it('come back as they were written', () => {
    expect(readSettings(writeSettings(chosen), defaultSettings)).toEqual(chosen);
  });

  it('leave the URL alone while nothing is chosen', () => {
    expect(writeSettings(defaultSettings)).toBe('');
  });

  it('are readable', () => {
    expect(writeSettings({ ...defaultSettings, states: ['active', 'escalated'] })).toBe('?state=active,escalated');
  });

  it('fall back where the URL says nothing, or what nobody knows', () => {
    expect(readSettings('?theme=pink&state=asleep,active&window=9m', { ...defaultSettings, theme: 'light' })).toEqual({
      ...defaultSettings,
      theme: 'light',
      states: ['active'],
    });
  });

  it('look over one minute by default, which a page that has just been opened soon fills', () => {
    expect(windowMs(readSettings('', defaultSettings).window)).toBe(60_000);
  });

  it('name windows in minutes', () => {
    expect(windowMs('15m')).toBe(900_000);
  });
});
