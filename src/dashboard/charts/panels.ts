import { signal } from '@preact/signals';
import type { MetricPoint, SeriesInfo } from '../../client/index.js';
import { seriesKey } from '../../model/series.js';
import { Points } from './points.js';

/** One curve. */
export interface Curve {
  readonly key: string;
  readonly info: SeriesInfo;
  /** What tells it from the others of its panel. */
  readonly label: string;
  readonly points: Points;
}

/** Every series of one metric name. */
export interface Panel {
  readonly name: string;
  unit: string;
  readonly curves: Curve[];
  /** Grows with every point: whoever draws compares. */
  revision: number;
}

const maxPanels = 500;
const maxCurves = 64;

/** All metrics that came, by name. `structure` changes with every new panel or curve, not with every point. */
export class Panels {
  readonly structure = signal(0);
  readonly #panels = new Map<string, Panel>();
  /** The client hands out one object per series and connection, so that a look-up costs no text. */
  #homes = new WeakMap<SeriesInfo, { readonly panel: Panel; readonly curve: Curve } | typeof full>();

  add(batch: readonly MetricPoint[]): void {
    for (const point of batch) {
      const home = this.#homes.get(point.series) ?? this.#settle(point.series);
      if (home === full) continue;
      home.curve.points.add(point);
      home.panel.revision++;
    }
  }

  get all(): readonly Panel[] {
    return [...this.#panels.values()];
  }

  #settle(info: SeriesInfo): { readonly panel: Panel; readonly curve: Curve } | typeof full {
    const panel = this.#panels.get(info.name) ?? this.#open(info);
    const curve = panel && (panel.curves.find(({ key }) => key === keyOf(info)) ?? this.#enlist(panel, info));
    const home = panel && curve ? { panel, curve } : full;
    this.#homes.set(info, home);
    return home;
  }

  #open({ name, unit = '' }: SeriesInfo): Panel | undefined {
    if (this.#panels.size >= maxPanels) return undefined;
    const panel: Panel = { name, unit, curves: [], revision: 0 };
    this.#panels.set(name, panel);
    return panel;
  }

  #enlist(panel: Panel, info: SeriesInfo): Curve | undefined {
    if (panel.curves.length >= maxCurves) return undefined;
    const curve = { key: keyOf(info), info, label: labelOf(info), points: new Points() };
    panel.curves.push(curve);
    if (panel.unit === '') panel.unit = info.unit ?? '';
    this.structure.value++;
    return curve;
  }
}

const full = 'full';

function keyOf({ name, source, labels }: SeriesInfo): string {
  return seriesKey(name, source, labels);
}

function labelOf({ source, labels }: SeriesInfo): string {
  const parts = Object.entries(labels).map(([key, value]) => `${key}=${value}`);
  return [source, ...parts].join(' ');
}
