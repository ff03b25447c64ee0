import type { Signal } from '@preact/signals';
import type { Dashboard } from '../dashboard.js';
import { windowMs } from '../settings.js';
import { buildColumns, type Columns, cellAt } from './columns.js';
import type { LegendRow } from './legend.js';
import { limitsOf, type RuleView } from './limits.js';
import type { Palette } from './palette.js';
import type { Curve, Panel } from './panels.js';
import type { Mark, Plot } from './plot.js';
import { valueRange } from './scale.js';

export interface PaintDeps {
  readonly dashboard: Dashboard;
  readonly panel: Panel;
  readonly curves: readonly Curve[];
  readonly rules: readonly RuleView[];
  readonly plot: Plot;
  readonly palette: Palette;
  readonly legend: Signal<readonly LegendRow[]>;
  readonly host: Element;
}

/** The time axis moves on even when no point comes. */
const idleMs = 1000;
const legendMs = 400;

/** Draws one chart when it can be seen and something has changed. */
export function paintChart(deps: PaintDeps): { paint(now: number): void; stop(): void } {
  const { dashboard, panel, host } = deps;
  let seen = '';
  let drawnAt = Number.NEGATIVE_INFINITY;
  let listedAt = Number.NEGATIVE_INFINITY;
  let visible = true;
  const watcher = new IntersectionObserver(([entry]) => {
    visible = entry?.isIntersecting ?? true;
  });
  watcher.observe(host);

  const paint = (now: number): void => {
    const { pausedAt, hover, alerts, preferences } = dashboard;
    const { window } = preferences.settings.value;
    const points = pausedAt.value === undefined ? panel.revision : 0;
    const state = [points, window, pausedAt.value, hover.value, alerts.revision.value].join();
    const idle = pausedAt.value === undefined && now - drawnAt >= idleMs;
    if (!visible || (state === seen && !idle)) return;
    const hovered = hover.value !== undefined;
    seen = state;
    drawnAt = now;
    const columns = drawPicture(deps, windowMs(window));
    if (now - listedAt < legendMs && !hovered) return;
    listedAt = now;
    deps.legend.value = legendRows(deps.curves, columns, hover.value);
  };
  return { paint, stop: () => watcher.disconnect() };
}

function drawPicture({ dashboard, panel, curves, rules, plot, palette }: PaintDeps, span: number): Columns {
  const to = dashboard.pausedAt.value ?? dashboard.clock();
  const from = to - span;
  const limits = limitsOf(rules).map((limit) => ({ ...limit, color: palette.of(`--${limit.severity}`) }));
  const columns = buildColumns(
    curves.map(({ points }) => points),
    from,
    to,
  );
  const levels = limits.map(({ value }) => value);
  const range = valueRange(columns.extent, panel.unit, levels);
  plot.draw({ from, to, range, columns, limits, marks: marksOf(dashboard, panel.name, from, palette) });
  return columns;
}

/** Where alerts on this metric opened and ended. */
function marksOf({ alerts }: Dashboard, metric: string, from: number, palette: Palette): Mark[] {
  return (alerts.byMetric.value.get(metric) ?? [])
    .filter(({ startedAt, resolvedAt }) => (resolvedAt ?? startedAt) >= from)
    .flatMap(({ startedAt, resolvedAt, severity }) => [
      { time: startedAt, color: palette.of(`--${severity}`) },
      ...(resolvedAt === undefined ? [] : [{ time: resolvedAt, color: palette.of('--good') }]),
    ]);
}

function legendRows(curves: readonly Curve[], { lanes, times }: Columns, hover: number | undefined): LegendRow[] {
  return curves.map(({ label }, i) => {
    const lane = lanes[i]!;
    const { earlier } = lane;
    const value = cellAt(lane, times, hover ?? times[times.length - 1] ?? 0) ?? earlier?.value;
    const { low, high } = lane.extent ?? earlier ?? {};
    return { label, value, low, high, seenAt: earlier?.time };
  });
}
