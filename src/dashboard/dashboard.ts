import { computed, effect, signal } from '@preact/signals';
import { createContext } from 'preact';
import { useContext } from 'preact/hooks';
import { type ConnectionState, connect, type EngineStats } from '../client/index.js';
import { AlertActions } from './alerts/actions.js';
import { listAlerts } from './alerts/filter.js';
import { AlertStore } from './alerts/store.js';
import { DrawLoop } from './charts/draw-loop.js';
import type { RuleView } from './charts/limits.js';
import { Panels } from './charts/panels.js';
import { keepMeasured, type Rates, ratesBetween } from './pipeline/budget.js';
import { Person } from './shell/person.js';
import { Preferences } from './shell/preferences.js';
import { Toasts } from './shell/toasts.js';

export type Dashboard = ReturnType<typeof createDashboard>;

const hiddenHz = 1;

/** Everything behind the page: connects to the engine that served it, and keeps what it says. */
export function createDashboard(base: string) {
  const client = connect(streamUrl(base), { hiddenHz });
  const connection = signal<ConnectionState>(client.state);
  const offsetMs = signal(0);
  const now = signal(Date.now());
  const rules = signal<readonly RuleView[]>([]);
  const stats = signal<EngineStats | undefined>(undefined);
  const rates = signal<Rates | undefined>(undefined);
  const alerts = new AlertStore();
  const panels = new Panels();
  const person = new Person();
  const toasts = new Toasts();
  const preferences = new Preferences();
  const clock = (): number => Date.now() + offsetMs.value;

  client.states.subscribe((state) => {
    connection.value = state;
    if (state.status !== 'open') return;
    offsetMs.value = state.clockOffsetMs;
    void loadRules(base).then((loaded) => {
      rules.value = loaded ?? rules.value;
    });
  });
  client.alerts().subscribe((update) => alerts.apply(update));
  client.metrics().subscribe((batch) => panels.add(batch));
  client.stats().subscribe((report) => {
    rates.value = ratesBetween(stats.value, report) ?? rates.value;
    stats.value = keepMeasured(stats.value, report);
  });
  setInterval(() => {
    now.value = clock();
  }, 1000);

  const lists = computed(() => {
    alerts.revision.value;
    return listAlerts(alerts.all, preferences.settings.value);
  });
  effect(() => {
    const open = Object.values(alerts.counts.value).reduce((sum, count) => sum + count, 0);
    document.title = open === 0 ? 'Tocsin' : `(${open}) Tocsin`;
  });

  return {
    client,
    connection,
    /** Time of the server, ticking once a second. */
    now,
    /** Time of the server, exactly. */
    clock,
    rules,
    stats,
    rates,
    alerts,
    lists,
    panels,
    person,
    toasts,
    preferences,
    actions: new AlertActions(client, person, toasts),
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

function streamUrl(base: string): string {
  const url = new URL('v1/stream', base);
  url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
  return url.href;
}

/** The charts are useful without their levels, so a failure is no error. */
async function loadRules(base: string): Promise<readonly RuleView[] | undefined> {
  try {
    const response = await fetch(new URL('v1/rules', base));
    const body: { rules?: readonly RuleView[] } = await response.json();
    return body.rules;
  } catch {
    return undefined;
  }
}
