import { type Signal, useComputed, useSignal } from '@preact/signals';
import type { RefObject } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { isOpen } from '../../model/alert.js';
import { maxSeverity } from '../../model/severity.js';
import { useDashboard } from '../dashboard.js';
import { SeverityIcon } from '../icons.js';
import { type Chart, maxDrawn } from './choice.js';
import { Legend, type LegendRow } from './legend.js';
import { paintChart } from './paint.js';
import { curveColors, Palette } from './palette.js';
import { Plot } from './plot.js';

export function ChartPanel({ chart }: { readonly chart: Chart }) {
  const host = useRef<HTMLDivElement>(null);
  const legend = useSignal<readonly LegendRow[]>([]);
  const { panel, rules } = chart;
  const curves = chart.curves.slice(0, maxDrawn);
  usePlot(host, { ...chart, curves }, legend);
  return (
    <figure class="card chart">
      <figcaption>
        <h3>{panel.name}</h3>
        <OpenAlert metric={panel.name} />
      </figcaption>
      <div class="plot" ref={host} aria-hidden="true" />
      <Legend
        name={panel.name}
        unit={panel.unit}
        rules={rules}
        rows={legend}
        more={chart.curves.length - curves.length}
      />
    </figure>
  );
}

/** Keeps a plot in `host`, drawn by the loop of the page. */
function usePlot(host: RefObject<HTMLDivElement | null>, chart: Chart, legend: Signal<readonly LegendRow[]>): void {
  const dashboard = useDashboard();
  const { panel, curves, rules } = chart;
  useEffect(() => {
    const element = host.current!;
    const palette = new Palette(element);
    const plot = new Plot(element, {
      unit: panel.unit,
      colors: curves.map((_, i) => palette.of(curveColors[i]!)),
      text: palette.of('--dim'),
      grid: palette.of('--grid'),
      onHover: (time) => {
        dashboard.hover.value = time;
      },
    });
    const painter = paintChart({ dashboard, panel, curves, rules, plot, palette, legend, host: element });
    const remove = dashboard.loop.add(painter.paint);
    return () => {
      remove();
      painter.stop();
      plot.destroy();
    };
  }, [identity(curves, rules), panel.unit, dashboard.preferences.theme.value]);
}

/** Lists are made anew whenever a series appears anywhere: the plot stays as long as they say the same. */
function identity(curves: Chart['curves'], rules: Chart['rules']): string {
  return [...curves.map(({ key }) => key), ...rules.map((rule) => JSON.stringify(rule))].join('\n');
}

/** Says so when an alert on this metric is open. */
function OpenAlert({ metric }: { readonly metric: string }) {
  const { alerts } = useDashboard();
  const gravest = useComputed(() => {
    const open = alerts.byMetric.value.get(metric)?.filter(isOpen) ?? [];
    return open.length === 0 ? undefined : open.map(({ severity }) => severity).reduce(maxSeverity);
  });
  if (gravest.value === undefined) return null;
  return (
    <span class={`severity severity-${gravest.value}`}>
      <SeverityIcon severity={gravest.value} />
      {gravest.value}
    </span>
  );
}
