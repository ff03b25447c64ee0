import { describe, expect, it } from 'vitest';
import type { Severity } from '../../src/model/severity.js';
import { chain, firing, OneKey, raised, rule, t0 } from '../support/decision.js';

const laddered = firing({ rule: { ...rule, escalation: 'oncall' } });

describe('opening', () => {
  it('P37 a firing rule opens an alert whose message tells rule, metric, operator, threshold, value and severity', () => {
    const event = new OneKey().event(firing());
    expect(event).toMatchObject({ type: 'opened', reason: 'rule_fired', notify: ['log'] });
    expect(event.alert.message).toBe('High CPU: cpu.usage > 80 (current: 91, severity: high)');
    expect(event.alert.labels).toEqual({ region: 'eu', team: 'platform' });
  });

  it('P01 an id sorts by time, and a key that fires again in the same millisecond gets a later one', () => {
    const key = new OneKey();
    const first = key.event(firing()).alert;
    key.event({ kind: 'cleared', key: first.key, reason: 'cleared' });
    const second = key.event(firing()).alert;
    expect(second.id > first.id).toBe(true);
    expect(second).toMatchObject({ previous: first.id, n: 1, state: 'active' });
  });

  it('P39 one alert is open per rule and series, however often the rule fires', () => {
    const key = new OneKey();
    key.event(firing());
    expect(key.give(firing())).toMatchObject({ kind: 'keep', answer: { status: 'already_open' } });
  });

  it('P11 a limited alert is stored, notifies nobody, takes no place and starts no ladder', () => {
    const key = new OneKey();
    key.verdict = { verdict: 'rate_limited', retryAt: t0 + 5_000 };
    const decision = key.give(laddered);
    expect(decision).toMatchObject({ kind: 'write', answer: { status: 'rate_limited' } });
    expect(decision).not.toHaveProperty('reserve');
    expect(key.record).toMatchObject({ state: 'active', notified: [], escalation: { level: 0 } });
    expect(key.record).not.toHaveProperty('lastNotifiedAt');
  });

  it('P13 a copy under a key that is not open is kept as resolved, never sent and never open', () => {
    const key = new OneKey();
    key.verdict = { verdict: 'duplicate', duplicateOf: 'first' };
    const decision = key.give(raised());
    expect(decision).toMatchObject({
      answer: { status: 'suppressed', reason: 'duplicate' },
      event: { type: 'opened' },
    });
    expect(key.record).toMatchObject({ state: 'resolved', notified: [] });
  });

  it('P14 rule alerts ask for rate alone, outside alerts for rate and duplicate in one question', () => {
    const fromRule = new OneKey();
    fromRule.give(firing());
    expect(fromRule.asked).toEqual([{ rateKey: 'performance' }]);
    const outside = new OneKey();
    outside.give(raised());
    expect(outside.asked).toEqual([{ rateKey: 'system', dedupeKey: 'Disk full:no space left:system' }]);
  });

  it('an event that happened once is stored as resolved, delivered once and never escalates', () => {
    const event = new OneKey().event(raised({ status: 'event' }));
    expect(event).toMatchObject({ type: 'opened', reason: 'event', notify: ['log'], alert: { state: 'resolved' } });
    expect(event.alert).not.toHaveProperty('chain');
    expect(event.alert).not.toHaveProperty('expiresAt');
  });
});

describe('raised again', () => {
  it('P13 an admitted copy of an open alert is counted and notified again', () => {
    const key = new OneKey();
    key.give(raised());
    expect(key.event(raised())).toMatchObject({ type: 'updated', notify: ['log'], alert: { count: 2, n: 2 } });
  });

  it('P13 a duplicate of an open alert is counted and notifies nobody', () => {
    const key = new OneKey();
    key.give(raised());
    key.verdict = { verdict: 'duplicate' };
    const event = key.event(raised());
    expect(event).toMatchObject({ type: 'duplicate', alert: { count: 2 } });
    expect(event).not.toHaveProperty('notify');
  });

  it('a graver copy is notified without asking, and never again for the same severity', () => {
    const key = new OneKey();
    key.give(raised());
    key.verdict = { verdict: 'duplicate' };
    expect(key.event(raised({ severity: 'critical' }))).toMatchObject({ reason: 'severity_up', notify: ['log'] });
    expect(key.event(raised({ severity: 'critical' }))).toMatchObject({ type: 'duplicate' });
  });

  it('a copy of an acknowledged alert is counted and takes no rate', () => {
    const key = new OneKey();
    key.give(raised());
    key.command('acknowledge');
    const decision = key.give(raised());
    expect(decision).not.toHaveProperty('reserve');
    expect(key.record).toMatchObject({ state: 'acknowledged', count: 2 });
  });

  it('an outside resolved closes an open key and is answered not_open when there is nothing to close', () => {
    const key = new OneKey();
    expect(key.give(raised({ status: 'resolved' }))).toEqual({ kind: 'keep', answer: { status: 'not_open' } });
    key.give(raised());
    expect(key.event(raised({ status: 'resolved' }))).toMatchObject({ type: 'resolved', notify: ['log'] });
  });
});

describe('a rule with levels', () => {
  const level = (severity: Severity, from?: Severity) =>
    firing({ severity, condition: `> ${severity}`, ...(from === undefined ? {} : { from }) });

  it('P31 a higher level is notified without asking, a lower one is recorded', () => {
    const key = new OneKey();
    expect(key.event(level('medium')).alert).toMatchObject({ severity: 'medium', condition: '> medium' });
    key.verdict = { verdict: 'rate_limited' };
    const up = key.event(level('critical', 'medium'));
    expect(up).toMatchObject({ type: 'updated', reason: 'severity_up', notify: ['log'] });
    expect(up.alert).toMatchObject({ severity: 'critical', condition: '> critical' });
    expect(up.alert.message).toContain('severity: critical');
    const down = key.event(level('medium', 'critical'));
    expect(down).toMatchObject({ type: 'updated', reason: 'severity_down', alert: { severity: 'medium' } });
    expect(down).not.toHaveProperty('notify');
  });

  it('P31 the same level again changes nothing', () => {
    const key = new OneKey();
    key.give(level('medium'));
    expect(key.give(level('medium'))).toMatchObject({ kind: 'keep', answer: { status: 'already_open' } });
  });

  it('P41 a level does not lower what a rung of the ladder raised', () => {
    const key = new OneKey();
    key.give(firing({ rule: { ...rule, escalation: 'oncall' }, severity: 'high' }));
    key.timer('escalate', 1);
    key.timer('escalate', 2);
    expect(key.record).toMatchObject({ severity: 'critical' });
    expect(key.give(level('medium', 'high'))).toMatchObject({ kind: 'keep' });
    expect(key.record).toMatchObject({ severity: 'critical' });
  });

  it('P38 an alert that a person resolved opens anew when the level rises, not when it falls', () => {
    const key = new OneKey();
    const first = key.event(level('high')).alert.id;
    key.command('resolve');
    expect(key.give(level('medium', 'high'))).toMatchObject({ kind: 'keep', answer: { status: 'not_open' } });
    expect(key.event(level('critical', 'medium'))).toMatchObject({ type: 'opened', alert: { previous: first } });
  });
});

describe('resolving', () => {
  it('P39 a rule alert resolves by itself, and whoever was told of it is told that it is over', () => {
    const key = new OneKey();
    key.event(firing());
    const event = key.event({ kind: 'cleared', key: key.record!.key, reason: 'cleared', value: 60 });
    expect(event).toMatchObject({
      type: 'resolved',
      reason: 'cleared',
      notify: ['log'],
      alert: { state: 'resolved', value: 60 },
    });
  });

  it('P11 an alert that was limited resolves without telling anybody', () => {
    const key = new OneKey();
    key.verdict = { verdict: 'rate_limited' };
    key.give(firing());
    expect(key.event({ kind: 'cleared', key: key.record!.key, reason: 'cleared' })).not.toHaveProperty('notify');
  });

  it('an outside alert that is not raised again expires without a notification', () => {
    const key = new OneKey();
    key.give(raised());
    expect(key.timer('expire')).toMatchObject({ kind: 'keep' });
    key.now += 60_000;
    expect(key.timer('expire')).toMatchObject({ event: { type: 'resolved', reason: 'expired' } });
    expect(key.timer('expire')).toMatchObject({ kind: 'keep' });
  });
});

describe('escalation', () => {
  it('P41 each level notifies its own channels, raises the severity and arms the next, up to the maximum', () => {
    const key = new OneKey();
    key.give(laddered);
    expect(key.record!.escalation).toEqual({ level: 0, nextAt: t0 + 1_000 });
    key.now += 1_000;
    expect(key.timer('escalate', 1)).toMatchObject({ event: { type: 'escalated', notify: ['log'] } });
    expect(key.record).toMatchObject({ state: 'escalated', escalation: { level: 1, nextAt: t0 + 3_000 } });
    key.now += 2_000;
    expect(key.timer('escalate', 2)).toMatchObject({ event: { notify: ['boss'], alert: { severity: 'critical' } } });
    key.now += 2_000;
    key.timer('escalate', 3);
    expect(key.record!.escalation).toEqual({ level: 3, lastAt: t0 + 5_000 });
    expect(key.timer('escalate', 4)).toMatchObject({ kind: 'keep' });
  });

  it('P41 a level that was already taken is not taken twice', () => {
    const key = new OneKey();
    key.give(laddered);
    key.timer('escalate', 1);
    expect(key.timer('escalate', 1)).toMatchObject({ kind: 'keep' });
  });

  it('P41 acknowledging stops the ladder, and it goes on with the time that was left', () => {
    const key = new OneKey();
    key.give(laddered);
    key.now += 400;
    key.command('acknowledge', t0 + 10_000);
    expect(key.record!.escalation).toEqual({ level: 0, remainingMs: 600 });
    expect(key.timer('escalate', 1)).toMatchObject({ kind: 'keep' });
    key.now = t0 + 10_000;
    expect(key.timer('acknowledgement_over')).toMatchObject({ event: { type: 'unacknowledged', notify: ['log'] } });
    expect(key.record).toMatchObject({ state: 'active', escalation: { level: 0, nextAt: t0 + 10_600 } });
    expect(key.record).not.toHaveProperty('acknowledged');
  });

  it('P41 resolving ends the ladder', () => {
    const key = new OneKey();
    key.give(laddered);
    key.command('resolve');
    expect(key.record!.escalation).toEqual({ level: 0 });
  });

  it('P41 the chain is the one of the opening, whatever the configuration says later', () => {
    const key = new OneKey();
    key.give(laddered);
    expect(key.record!.chain).toEqual(chain);
  });
});

describe('what a person asks', () => {
  it('P38 a transition that the state does not allow is refused with the present state', () => {
    const key = new OneKey();
    key.give(firing());
    expect(key.command('unacknowledge')).toMatchObject({
      kind: 'refuse',
      error: { code: 'transition_refused', value: 'active' },
    });
  });

  it('P38 nothing can be done to a resolved alert', () => {
    const key = new OneKey();
    key.give(firing());
    key.command('resolve');
    expect(key.command('acknowledge')).toMatchObject({ kind: 'refuse', error: { code: 'alert_resolved' } });
  });

  it('P19 acknowledging again replaces who and until when, and keeps the state to return to', () => {
    const key = new OneKey();
    key.give(laddered);
    key.timer('escalate', 1);
    key.command('acknowledge', t0 + 1);
    key.command('acknowledge', t0 + 2);
    expect(key.record).toMatchObject({ acknowledged: { by: 'ada', until: t0 + 2 } });
    key.command('unacknowledge');
    expect(key.record!.state).toBe('escalated');
  });

  it('an id that its key has left behind is resolved, one that never was is unknown', () => {
    const key = new OneKey();
    key.give(firing());
    const old = key.record!.id;
    key.command('resolve');
    key.give(firing());
    const ask = (id: string) => key.give({ kind: 'command', name: 'acknowledge', key: '', id, by: 'ada' });
    expect(ask(old)).toMatchObject({ kind: 'refuse', error: { code: 'alert_resolved' } });
    expect(ask('zzzzzzzzz-abcdef0123456789')).toMatchObject({ kind: 'refuse', error: { code: 'alert_unknown' } });
  });
});

describe('repeating', () => {
  it('P39 an open alert is notified again at its interval, counted from the last notification of any kind', () => {
    const key = new OneKey();
    key.give(firing({ rule: { ...rule, repeatMs: 5_000 } }));
    key.now += 4_999;
    expect(key.timer('repeat')).toMatchObject({ kind: 'keep' });
    key.now += 1;
    expect(key.timer('repeat')).toMatchObject({ event: { type: 'repeated', notify: ['log'] } });
    expect(key.timer('repeat')).toMatchObject({ kind: 'keep' });
  });

  it('P39 an acknowledged alert is not repeated', () => {
    const key = new OneKey();
    key.give(firing({ rule: { ...rule, repeatMs: 5_000 } }));
    key.command('acknowledge');
    key.now += 60_000;
    expect(key.timer('repeat')).toMatchObject({ kind: 'keep' });
  });
});
