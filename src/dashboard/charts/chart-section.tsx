import { useDashboard } from '../dashboard.js';
import { Icon } from '../icons.js';
import { windows } from '../settings.js';
import { togglePause } from '../shell/keyboard.js';
import { ChartPanel } from './chart-panel.js';
import { chooseCharts } from './choice.js';

export function ChartSection() {
  const { panels, rules, preferences } = useDashboard();
  panels.structure.value;
  const { metric } = preferences.settings.value;
  const { charts, more } = chooseCharts(panels.all, rules.value, metric);
  return (
    <section class="charts" aria-label="Metrics">
      <ChartTools />
      {charts.length === 0 && <NoCharts searching={metric !== ''} />}
      <div class="chart-grid">
        {charts.map((chart) => (
          <ChartPanel key={chart.panel.name} chart={chart} />
        ))}
      </div>
      {more > 0 && <p class="hint">{more} more metrics: search to see them.</p>}
    </section>
  );
}

function ChartTools() {
  const dashboard = useDashboard();
  const { preferences, pausedAt } = dashboard;
  const { window: chosen, metric } = preferences.settings.value;
  const paused = pausedAt.value !== undefined;
  return (
    <div class="chart-tools">
      <h2>Metrics</h2>
      <input
        type="search"
        placeholder="Metric or source"
        aria-label="Search metrics"
        value={metric}
        onInput={(event) => preferences.set({ metric: event.currentTarget.value })}
      />
      <fieldset class="segments">
        <legend class="unseen">Window</legend>
        {windows.map((window) => (
          <button
            key={window}
            type="button"
            aria-pressed={window === chosen}
            onClick={() => preferences.set({ window })}
          >
            {window.replace('m', ' min')}
          </button>
        ))}
      </fieldset>
      <button
        type="button"
        aria-pressed={paused}
        onClick={() => togglePause(dashboard)}
        title="Stop or continue (Space)"
      >
        <Icon name={paused ? 'play' : 'pause'} />
        {paused ? 'Continue' : 'Pause'}
      </button>
    </div>
  );
}

function NoCharts({ searching }: { readonly searching: boolean }) {
  if (searching) return <p class="empty">No metric has this in its name or source.</p>;
  return (
    <div class="empty">
      <p>
        <strong>No metrics yet.</strong> Publish one with any NATS client:
      </p>
      <pre>{`nats pub metrics.web-1.cpu.usage '{"value": 42, "unit": "%"}'`}</pre>
    </div>
  );
}
