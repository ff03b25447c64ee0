import { computed, effect, type Signal, signal } from '@preact/signals';
import { defaultSettings, readSettings, type Settings, themes, writeSettings } from '../settings.js';
import { recall, remember } from './storage.js';

const storageKey = 'tocsin.settings';

/** The settings, kept in the URL; theme and window are remembered for the next visit too. */
export class Preferences {
  readonly settings = signal<Settings>(
    readSettings(location.search, readSettings(recall(storageKey) ?? '', defaultSettings)),
  );

  /** The theme in force. */
  readonly theme = computed<'dark' | 'light'>(() => {
    const { theme } = this.settings.value;
    if (theme !== 'auto') return theme;
    return this.#systemIsDark.value ? 'dark' : 'light';
  });
  readonly #systemIsDark = followSystem();

  constructor() {
    effect(() => {
      const settings = this.settings.value;
      const { theme, window } = settings;
      document.documentElement.dataset['theme'] = theme;
      history.replaceState(null, '', location.pathname + writeSettings(settings));
      remember(storageKey, writeSettings({ ...defaultSettings, theme, window }));
    });
  }

  set(change: Partial<Settings>): void {
    this.settings.value = { ...this.settings.value, ...change };
  }

  nextTheme(): void {
    const at = themes.indexOf(this.settings.value.theme);
    this.set({ theme: themes[(at + 1) % themes.length]! });
  }
}

function followSystem(): Signal<boolean> {
  const query = matchMedia('(prefers-color-scheme: dark)');
  const dark = signal(query.matches);
  query.addEventListener('change', ({ matches }) => {
    dark.value = matches;
  });
  return dark;
}
