import { type RuleView, rulesFor } from './limits.js';
import type { Curve, Panel } from './panels.js';

const maxCharts = 24;
/** More curves than this cannot be told apart. */
export const maxDrawn = 8;

/** One chart: a panel, what is drawn of it, and what watches it. */
export interface Chart {
  readonly panel: Panel;
  readonly curves: readonly Curve[];
  readonly rules: readonly RuleView[];
}

export interface Choice {
  readonly charts: readonly Chart[];
  /** Panels that match and found no room. */
  readonly more: number;
}

/** What to draw: the metrics that match `text`, those with rules first, then by name. */
export function chooseCharts(panels: readonly Panel[], rules: readonly RuleView[], text: string): Choice {
  const wanted = text.trim().toLowerCase();
  const found = panels.flatMap((panel) => chart(panel, rules, wanted)).sort(byRuleThenName);
  return { charts: found.slice(0, maxCharts), more: Math.max(0, found.length - maxCharts) };
}

function chart(panel: Panel, rules: readonly RuleView[], text: string): Chart | [] {
  const named = panel.name.toLowerCase().includes(text);
  const curves = named ? panel.curves : panel.curves.filter(({ label }) => label.toLowerCase().includes(text));
  if (curves.length === 0) return [];
  const watching = rulesFor(
    rules,
    panel.name,
    curves.map(({ info }) => info),
  );
  return { panel, curves, rules: watching };
}

function byRuleThenName(a: Chart, b: Chart): number {
  const ruled = Number(b.rules.length > 0) - Number(a.rules.length > 0);
  return ruled || a.panel.name.localeCompare(b.panel.name);
}
