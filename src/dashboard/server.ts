import { signal } from '@preact/signals';
import { type ConnectionState, connect, type EngineStats } from '../client/index.js';
import { AlertStore } from './alerts/store.js';
import type { RuleView } from './charts/limits.js';
import { Panels } from './charts/panels.js';
import { keepMeasured, type Rates, ratesBetween } from './pipeline/budget.js';

/** A page that nobody looks at still draws its past, but coarser. */
const hiddenHz = 1;

/** Connects to the engine that served the page at `base`, and keeps what it says. */
export function followServer(base: string) {
  const client = connect(streamUrl(base), { hiddenHz });
  const connection = signal<ConnectionState>(client.state);
  const rules = signal<readonly RuleView[]>([]);
  const stats = signal<EngineStats | undefined>(undefined);
  const rates = signal<Rates | undefined>(undefined);
  const alerts = new AlertStore();
  const panels = new Panels();
  const { now, clock, setOffset } = createClock();

  client.states.subscribe((state) => {
    connection.value = state;
    if (state.status !== 'open') return;
    setOffset(state.clockOffsetMs);
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
  return { client, connection, now, clock, rules, stats, rates, alerts, panels };
}

/** The clock of the server: `clock` is exact, `now` ticks once a second. */
function createClock() {
  let offsetMs = 0;
  const clock = (): number => Date.now() + offsetMs;
  const now = signal(clock());
  setInterval(() => {
    now.value = clock();
  }, 1000);
  return {
    now,
    clock,
    setOffset: (ms: number): void => {
      offsetMs = ms;
    },
  };
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
