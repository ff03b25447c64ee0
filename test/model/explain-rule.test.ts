import { describe, expect, it } from 'vitest';
import { resolveConfig } from '../../src/config/index.js';
import { explainRule } from '../../src/model/explain-rule.js';
import { cpu } from '../support/rules.js';

const [rule] = resolveConfig({ rules: [cpu] }).rules;
const at = Date.UTC(2026, 0, 2);
const hot = {
  key: 'cpu.usage|web-1|',
  name: 'cpu.usage',
  source: 'web-1',
  labels: {},
  last: { value: 95, at },
  state: { phase: 'firing', since: at },
} as const;

describe('a rule that fires', () => {
  it('P19 names the alert that is open', () => {
    expect(explainRule(rule!, { ...hot, alert: '0a-1' })).toMatchObject({
      code: 'firing',
      text: 'it fires: alert 0a-1',
    });
  });

  it('P19 says so when none is open, because a person resolved it', () => {
    const { code, text, alert } = explainRule(rule!, hot);
    expect({ code, alert }).toEqual({ code: 'firing', alert: undefined });
    expect(text).toMatch(/^it fires, but no alert is open: .*a person resolved.*has cleared/);
  });
});
