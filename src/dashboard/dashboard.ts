import { computed, effect, signal } from '@preact/signals';
import { createContext } from 'preact';
import { useContext } from 'preact/hooks';
import { AlertActions } from './alerts/actions.js';
import { listAlerts } from './alerts/filter.js';
import { DrawLoop } from './charts/draw-loop.js';
import { followServer } from './server.js';
import { Person } from './shell/person.js';
import { Preferences } from './shell/preferences.js';
import { Toasts } from './shell/toasts.js';

export type Dashboard = ReturnType<typeof createDashboard>;

/** Everything behind the page: what the engine at `base` says, and what its reader has chosen. */
export function createDashboard(base: string) {
  const server = followServer(base);
  const { alerts, client } = server;
  const person = new Person();
  const toasts = new Toasts();
  const preferences = new Preferences();
  effect(() => {
    const open = Object.values(alerts.counts.value).reduce((sum, count) => sum + count, 0);
    document.title = open === 0 ? 'Tocsin' : `(${open}) Tocsin`;
  });
  return {
    ...server,
    person,
    toasts,
    preferences,
    /** The alerts that the filter lets through. */
    lists: computed(() => {
      alerts.revision.value;
      return listAlerts(alerts.all, preferences.settings.value);
    }),
    actions: new AlertActions(client, person, toasts, alerts),
    loop: new DrawLoop(),
    /** When the charts were stopped; they go on where `undefined`. */
    pausedAt: signal<number | undefined>(undefined),
    /** Time under the pointer in any chart, epoch seconds. */
    hover: signal<number | undefined>(undefined),
    /** The alert that keys act on. */
    selected: signal<string | undefined>(undefined),
    helpShown: signal(false),
  };
}

const context = createContext<Dashboard | undefined>(undefined);
export const DashboardProvider = context.Provider;

export function useDashboard(): Dashboard {
  const dashboard = useContext(context);
  if (dashboard === undefined) throw new Error('there is no dashboard around this component');
  return dashboard;
}
