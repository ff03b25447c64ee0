import { describe, expect, it } from 'vitest';
import type { MetricPoint, SeriesInfo } from '../../src/client/index.js';
import { chooseCharts } from '../../src/dashboard/charts/choice.js';
import { limitsOf, type RuleView, rulesFor } from '../../src/dashboard/charts/limits.js';
import { Panels } from '../../src/dashboard/charts/panels.js';
import { valueRange } from '../../src/dashboard/charts/scale.js';

const series = (name: string, source: string, labels = {}): SeriesInfo => ({ name, source, labels });
const point = (info: SeriesInfo, time = 1000, value = 1): MetricPoint => {
  return { series: info, time, value, count: 1, min: value, max: value };
};
const rule: RuleView = {
  id: 'cpu',
  name: 'CPU',
  metric: 'cpu.*',
  match: {},
  when: '> 80',
  thresholds: [80],
  clearThresholds: [70],
  severity: 'high',
  enabled: true,
};

const panelOf = (panels: Panels, name: string) => panels.all.find((panel) => panel.name === name)!;

describe('Panels', () => {
  it('puts the series of one name into one panel', () => {
    const panels = new Panels();
    panels.add([point(series('cpu', 'a')), point(series('cpu', 'b', { core: '1' })), point(series('mem', 'a'))]);
    expect(panels.all.map(({ name, curves }) => [name, curves.map(({ label }) => label)])).toEqual([
      ['cpu', ['a', 'b core=1']],
      ['mem', ['a']],
    ]);
  });

  it('goes on with the same curve when a new connection describes the series anew', () => {
    const panels = new Panels();
    panels.add([point(series('cpu', 'a'), 1000)]);
    panels.add([point(series('cpu', 'a'), 2000)]);
    expect(panelOf(panels, 'cpu').curves.map(({ points }) => points.length)).toEqual([2]);
  });

  it('tells of new curves by `structure`, and of new points by the revision of their panel', () => {
    const panels = new Panels();
    const info = series('cpu', 'a');
    panels.add([point(info, 1000)]);
    const structure = panels.structure.value;
    const revision = panelOf(panels, 'cpu').revision;
    panels.add([point(info, 2000)]);
    expect(panels.structure.value).toBe(structure);
    expect(panelOf(panels, 'cpu').revision).toBeGreaterThan(revision);
  });

  it('keeps at most 64 curves a panel and 500 panels', () => {
    const panels = new Panels();
    for (let i = 0; i < 600; i++) panels.add([point(series('wide', `s${i}`)), point(series(`m${i}`, 'a'))]);
    expect(panelOf(panels, 'wide').curves).toHaveLength(64);
    expect(panels.all).toHaveLength(500);
  });
});

describe('chooseCharts', () => {
  const panels = new Panels();
  panels.add([
    point(series('memory', 'web-1')),
    point(series('cpu.user', 'web-1')),
    point(series('cpu.user', 'web-2')),
    point(series('app', 'shop')),
  ]);
  const names = (text: string) => chooseCharts(panels.all, [rule], text).charts.map(({ panel }) => panel.name);

  it('puts metrics with rules first, then goes by name', () => {
    expect(names('')).toEqual(['cpu.user', 'app', 'memory']);
  });

  it('finds metrics by a part of their name', () => {
    expect(names('MEM')).toEqual(['memory']);
  });

  it('finds the curves of one source in every metric', () => {
    const { charts } = chooseCharts(panels.all, [], 'web-2');
    expect(charts.map(({ curves }) => curves.map(({ label }) => label))).toEqual([['web-2']]);
  });

  it('chooses at most 24, and tells how many are left out', () => {
    const many = new Panels();
    for (let i = 0; i < 30; i++) many.add([point(series(`m${i}`, 'a'))]);
    const { charts, more } = chooseCharts(many.all, [], '');
    expect([charts.length, more]).toEqual([24, 6]);
  });
});

describe('rulesFor', () => {
  it('finds enabled rules by the pattern of their metric', () => {
    const rules = [rule, { ...rule, id: 'off', enabled: false }, { ...rule, id: 'other', metric: 'mem' }];
    expect(rulesFor(rules, 'cpu.user', [series('cpu.user', 'a')]).map(({ id }) => id)).toEqual(['cpu']);
  });

  it('leaves out rules that match none of the series', () => {
    const matching = { ...rule, match: { source: 'web-*', env: 'prod' } };
    expect(rulesFor([matching], 'cpu.user', [series('cpu.user', 'web-1', { env: 'test' })])).toEqual([]);
    expect(rulesFor([matching], 'cpu.user', [series('cpu.user', 'web-1', { env: 'prod' })])).toEqual([matching]);
  });
});

describe('limitsOf', () => {
  it('gives a level for each threshold, and for where it clears', () => {
    expect(limitsOf([rule])).toEqual([
      { value: 80, kind: 'fires', severity: 'high' },
      { value: 70, kind: 'clears', severity: 'high' },
    ]);
  });
});

describe('valueRange', () => {
  it('shows per cent from 0 to 100', () => {
    expect(valueRange({ low: 20, high: 30 }, '%', [])).toEqual({ low: 0, high: 100 });
  });

  it('makes room for more than 100 per cent', () => {
    expect(valueRange({ low: 20, high: 180 }, '%', []).high).toBeGreaterThan(180);
  });

  it('starts at zero for what moves much, and close by for what hardly moves', () => {
    expect(valueRange({ low: 10, high: 40 }, '', []).low).toBe(0);
    expect(valueRange({ low: 990, high: 1000 }, '', []).low).toBeGreaterThan(900);
  });

  it('starts at zero for what has been zero all the time', () => {
    expect(valueRange({ low: 0, high: 0 }, '', [])).toEqual({ low: 0, high: 1 });
  });

  it('shows thresholds within reach, and leaves the curve its room when one is far', () => {
    expect(valueRange({ low: 100, high: 200 }, 'ms', [500]).high).toBeGreaterThan(500);
    expect(valueRange({ low: 1, high: 2 }, 'ms', [500]).high).toBeLessThan(10);
  });

  it('has height for a constant, for zero and for nothing', () => {
    for (const extent of [{ low: 5, high: 5 }, { low: 0, high: 0 }, undefined]) {
      const { low, high } = valueRange(extent, '', []);
      expect(high).toBeGreaterThan(low);
    }
  });
});
