import { describe, expect, it } from 'vitest';
import { alertFilter, checkFilter, seriesFilter } from '../../src/gateway/filter.js';
import type { Series } from '../../src/model/series.js';
import type { AlertView } from '../../src/model/view.js';
import type { Filter } from '../../src/model/wire.js';
import { sampleAlert } from '../support/samples.js';

const alert: AlertView = {
  ...sampleAlert,
  severity: 'high',
  category: 'performance',
  state: 'active',
  source: 'web-1',
  labels: { region: 'eu-west' },
  rule: 'cpu',
};
const { rule, ...outside } = alert;

const series: Series = {
  sid: 1,
  key: 'k',
  subject: 'metrics.web-1.cpu',
  name: 'cpu',
  source: 'web-1',
  labels: { region: 'eu-west' },
};

describe('alert filter', () => {
  it.each<[Filter, boolean]>([
    [{}, true],
    [{ minSeverity: 'high' }, true],
    [{ minSeverity: 'critical' }, false],
    [{ severity: ['low', 'high'] }, true],
    [{ severity: ['low'] }, false],
    [{ category: ['risk'] }, false],
    [{ state: ['active'] }, true],
    [{ state: ['resolved'] }, false],
    [{ source: 'web-1' }, true],
    [{ source: 'web-*' }, true],
    [{ source: 'web' }, false],
    [{ labels: { region: 'eu-*' } }, true],
    [{ labels: { region: '*', zone: '*' } }, false],
    [{ labels: { toString: '*' } }, false],
    [{ rule: ['cpu', 'mem'] }, true],
    [{ rule: ['mem'] }, false],
    [{ minSeverity: 'low', rule: ['cpu'], source: 'db-*' }, false],
  ])('%j chooses the alert: %s', (filter, chosen) => {
    expect(alertFilter(checkFilter(filter, 'alerts'))(alert)).toBe(chosen);
  });

  it('by rule chooses no alert that no rule made', () => {
    expect(rule).toBe('cpu');
    expect(alertFilter({ rule: ['cpu'] })(outside)).toBe(false);
  });
});

describe('series filter', () => {
  it.each<[Filter, boolean]>([
    [{}, true],
    [{ source: '*-1' }, true],
    [{ source: 'web-2' }, false],
    [{ labels: { region: 'eu-west' } }, true],
    [{ source: 'web-1', labels: { region: 'us' } }, false],
  ])('%j chooses the series: %s', (filter, chosen) => {
    expect(seriesFilter(checkFilter(filter, 'metrics'))(series)).toBe(chosen);
  });
});
