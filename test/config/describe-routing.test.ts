import { describe, expect, it } from 'vitest';
import { describeRouting } from '../../src/config/index.js';
import { load } from './load-from.js';

const { config } = load(`
rules:
  - {id: own, metric: m, when: "> 1", severity: low, channels: [console], escalation: mine}
  - {id: routed, metric: m, when: "> 1", severity: critical, labels: {desk: fx-1}}
routes:
  - {name: grave, minSeverity: critical, channels: ["*"], escalation: oncall}
  - {name: desk, match: {desk: "fx-*"}, channels: [hook]}
channels:
  hook: {type: webhook, url: "http://localhost/x"}
  off: {type: log, enabled: false}
defaultChannels: [log, off]
escalations: {oncall: {after: 1m}, mine: {after: 1m}}
`);

describe('the routing of an example alert', () => {
  it('P09 names the channels of all matching routes, and the routes', () => {
    const { channels, escalation } = describeRouting(config, { rule: 'routed' });
    expect(channels).toEqual([
      { name: 'log', type: 'log', enabled: true, because: ['route grave'] },
      { name: 'console', type: 'console', enabled: true, because: ['route grave'] },
      { name: 'hook', type: 'webhook', enabled: true, because: ['route grave', 'route desk'] },
    ]);
    expect(escalation).toBe('oncall');
  });

  it('P09 falls back to the default channels, and says which of them are switched off', () => {
    expect(describeRouting(config).channels).toEqual([
      { name: 'log', type: 'log', enabled: true, because: ['default'] },
      { name: 'off', type: 'log', enabled: false, because: ['default'] },
    ]);
  });

  it("is decided by the rule's own channels and escalation where it has some", () => {
    expect(describeRouting(config, { rule: 'own' })).toMatchObject({
      channels: [{ name: 'console', because: ['rule own'] }],
      escalation: 'mine',
    });
  });

  it('P10 follows the three built-in routes when none are configured', () => {
    const plain = load('defaultChannels: [console]').config;
    const because = (severity: 'medium' | 'critical') =>
      describeRouting(plain, { severity, category: 'trade' }).channels.map((channel) => [
        channel.name,
        channel.because,
      ]);
    expect(because('medium')).toEqual([['console', ['route trade_alerts']]]);
    expect(because('critical')).toEqual([
      ['log', ['route critical_all_channels']],
      ['console', ['route critical_all_channels', 'route trade_alerts']],
    ]);
  });
});
