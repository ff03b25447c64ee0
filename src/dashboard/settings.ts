import { type AlertState, alertStates } from '../model/alert.js';
import { type Severity, severities } from '../model/severity.js';

export const themes = ['auto', 'dark', 'light'] as const;
export type Theme = (typeof themes)[number];

export const windows = ['1m', '5m', '15m'] as const;
export type Window = (typeof windows)[number];

/** What the reader of the page has chosen. It lives in the URL, so that it can be shared. */
export interface Settings {
  readonly theme: Theme;
  readonly window: Window;
  readonly states: readonly AlertState[];
  readonly severities: readonly Severity[];
  readonly text: string;
  readonly metric: string;
}

export const defaultSettings: Settings = {
  theme: 'auto',
  window: '1m',
  states: [],
  severities: [],
  text: '',
  metric: '',
};

export function windowMs(window: Window): number {
  return Number.parseInt(window, 10) * 60_000;
}

/** Reads a query string; what it does not know, or what is absent, is as in `fallback`. */
export function readSettings(query: string, fallback: Settings): Settings {
  const params = new URLSearchParams(query);
  const one = <T extends string>(key: string, known: readonly T[], otherwise: T): T =>
    known.find((value) => value === params.get(key)) ?? otherwise;
  const some = <T extends string>(key: string, known: readonly T[]): T[] =>
    known.filter((value) => params.get(key)?.split(',').includes(value));
  return {
    theme: one('theme', themes, fallback.theme),
    window: one('window', windows, fallback.window),
    states: some('state', alertStates),
    severities: some('severity', severities),
    text: params.get('q') ?? fallback.text,
    metric: params.get('metric') ?? fallback.metric,
  };
}

/** The query string for settings; only what differs from the defaults is in it. */
export function writeSettings(settings: Settings): string {
  const params = new URLSearchParams();
  const put = (key: string, value: string, otherwise: string): void => {
    if (value !== otherwise) params.set(key, value);
  };
  put('theme', settings.theme, defaultSettings.theme);
  put('window', settings.window, defaultSettings.window);
  put('state', settings.states.join(','), '');
  put('severity', settings.severities.join(','), '');
  put('q', settings.text, '');
  put('metric', settings.metric, '');
  const query = params.toString().replaceAll('%2C', ',');
  return query === '' ? '' : `?${query}`;
}
