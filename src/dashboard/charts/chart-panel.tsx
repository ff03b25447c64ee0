import { useComputed, useSignal } from '@preact/signals';
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
  const dashboard = useDashboard();
  const host = useRef<HTMLDivElement>(null);
  const legend = useSignal<readonly LegendRow[]>([]);
  const { panel, rules } = chart;
  const curves = chart.curves.slice(0, maxDrawn);
  const theme = dashboard.preferences.theme.value;

  useEffect(() => {
    const palette = new Palette(host.current!);
    const plot = new Plot(host.current!, {
      unit: panel.unit,
      colors: curves.map((_, i) => palette.of(curveColors[i]!)),
      text: palette.of('--dim'),
      grid: palette.of('--grid'),
      onHover: (time) => {
        dashboard.hover.value = time;
      },
    });
    const painter = paintChart({ dashboard, panel, curves, rules, plot, palette, legend, host: host.current! });
    const remove = dashboard.loop.add(painter.paint);
    return () => {
      remove();
      painter.stop();
      plot.destroy();
    };
  }, [identity(curves, rules), panel.unit, theme]);

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
