import { describe, expect, it } from 'vitest';
import type { MuteInput } from '../../src/model/decision/index.js';
import type { Muting } from '../../src/model/muting.js';
import { firing, OneKey, raised, rule, t0 } from '../support/decision.js';

const silenced: Muting = { silencedBy: ['s1'] };
const inhibited: Muting = { inhibitedBy: ['a1'] };
const both: Muting = { ...silenced, ...inhibited };

const laddered = firing({ rule: { ...rule, escalation: 'oncall' } });

class MutedKey extends OneKey {
  /** What mutes it becomes this, and it is looked at again. */
  become(muting: Muting) {
    this.muting = muting;
    const { id, key } = this.record!;
    return this.give({ kind: 'mute', key, id } satisfies MuteInput);
  }
}

function opened(muting: Muting, input = laddered): MutedKey {
  const key = new MutedKey();
  key.muting = muting;
  key.give(input);
  return key;
}

describe('an alert that is muted when it opens', () => {
  it.each([
    [silenced, 'silenced'],
    [inhibited, 'inhibited'],
    [both, 'silenced'],
  ])(
    'silences and inhibition come before admission: %o is recorded, asks for no room and notifies nobody',
    (muting, reason) => {
      const key = new MutedKey();
      key.muting = muting;
      const decision = key.give(laddered);
      expect(decision).toMatchObject({
        kind: 'write',
        event: { type: 'opened', reason },
        answer: { status: 'suppressed', reason },
      });
      expect(decision).not.toHaveProperty('reserve');
      expect(decision).not.toHaveProperty('event.notify');
      expect(key.asked).toEqual([]);
      expect(key.record).toMatchObject({
        ...muting,
        state: 'active',
        channels: ['log'],
        notified: [],
        admission: { verdict: 'not_asked', at: t0 },
        escalation: { level: 0 },
      });
      expect(key.record).toHaveProperty('chain');
    },
  );

  it('an event that happened once is stored and never sent', () => {
    const key = opened(silenced, raised({ status: 'event' }));
    expect(key.record).toMatchObject({ state: 'resolved', silencedBy: ['s1'], notified: [] });
    expect(key.become({})).toMatchObject({ kind: 'keep', answer: { status: 'not_open' } });
  });

  it('P12 the summary of what was held back is stored, so that a restart knows of it, and not sent', () => {
    const key = new MutedKey();
    key.muting = silenced;
    const trip = { rateKey: 'system', trippedAt: t0, bySeverity: { low: 2 }, topSources: [], channels: ['log'] };
    const event = key.event({ kind: 'summary', key: 'rate_summary:system:1', ...trip });
    expect(event).toMatchObject({ type: 'opened', reason: 'rate_summary', alert: { silencedBy: ['s1'] } });
    expect(event).not.toHaveProperty('notify');
  });

  it('resolves without telling anybody', () => {
    const key = opened(silenced);
    const event = key.event({ kind: 'cleared', key: key.record!.key, reason: 'cleared' });
    expect(event).toMatchObject({ type: 'resolved', alert: { silencedBy: ['s1'] } });
    expect(event).not.toHaveProperty('notify');
  });
});

describe('while an alert is muted', () => {
  it('P13 copies are counted, take no room and are answered with what mutes it', () => {
    const key = opened(silenced, raised());
    const decision = key.give(raised());
    expect(decision).toMatchObject({
      event: { type: 'updated' },
      answer: { status: 'suppressed', reason: 'silenced' },
    });
    expect(decision).not.toHaveProperty('event.notify');
    expect(key.record).toMatchObject({ count: 2 });
    expect(key.asked).toEqual([]);
  });

  it('P41 no rung of the ladder is taken, also of a mute that the record does not know yet', () => {
    const key = opened({});
    key.muting = silenced;
    key.now += 1_000;
    expect(key.timer('escalate', 1)).toMatchObject({ kind: 'keep' });
    key.become(silenced);
    expect(key.record!.escalation).toEqual({ level: 0, remainingMs: 0 });
    expect(key.timer('escalate', 1)).toMatchObject({ kind: 'keep' });
  });

  it('P39 it is not repeated', () => {
    const key = opened({}, firing({ rule: { ...rule, repeatMs: 5_000 } }));
    key.now += 5_000;
    key.muting = inhibited;
    expect(key.timer('repeat')).toMatchObject({ kind: 'keep' });
    key.become(inhibited);
    expect(key.timer('repeat')).toMatchObject({ kind: 'keep' });
  });

  it('a rise of severity is recorded and tells nobody', () => {
    const key = opened(silenced, firing({ severity: 'medium' }));
    const decision = key.give(firing({ severity: 'critical' }));
    expect(decision).toMatchObject({
      event: { reason: 'severity_up', alert: { severity: 'critical', silencedBy: ['s1'] } },
      answer: { status: 'suppressed', reason: 'silenced' },
    });
    expect(decision).not.toHaveProperty('event.notify');
  });

  it('a rise out of the reach of its silence is told without asking, and starts its ladder', () => {
    const key = new MutedKey();
    key.muting = ({ severity }) => (severity === 'medium' ? silenced : {});
    key.give(firing({ severity: 'medium', rule: { ...rule, escalation: 'oncall' } }));
    key.verdict = { verdict: 'rate_limited' };
    const event = key.event(firing({ severity: 'critical' }));
    expect(event).toMatchObject({ reason: 'severity_up', notify: ['log'] });
    expect(event.alert.escalation).toEqual({ level: 0, nextAt: t0 + 1_000 });
    expect(event.alert).not.toHaveProperty('silencedBy');
  });

  it('a rise into the reach of a silence tells nobody, and its ladder stands still', () => {
    const key = new MutedKey();
    key.muting = ({ severity }) => (severity === 'critical' ? silenced : {});
    key.give(firing({ severity: 'medium', rule: { ...rule, escalation: 'oncall' } }));
    const event = key.event(firing({ severity: 'critical' }));
    expect(event).not.toHaveProperty('notify');
    expect(event.alert).toMatchObject({ silencedBy: ['s1'], escalation: { level: 0, remainingMs: 1_000 } });
  });

  it('what a person does is recorded, and its end tells nobody', () => {
    const key = opened(silenced);
    key.command('acknowledge');
    const decision = key.command('unacknowledge');
    expect(decision).toMatchObject({ event: { type: 'unacknowledged', alert: { state: 'active' } } });
    expect(decision).not.toHaveProperty('event.notify');
    expect(key.asked).toEqual([]);
  });
});

describe('a mute that begins on an open alert', () => {
  it.each([
    [silenced, 'silenced', 'silence'],
    [inhibited, 'inhibited', 'inhibition'],
  ])('%o is an event of its own, and the ladder keeps the time that was left', (muting, type, reason) => {
    const key = opened({});
    key.now += 400;
    expect(key.become(muting)).toMatchObject({ event: { type, reason, alert: muting } });
    expect(key.record).toMatchObject({ state: 'active', escalation: { level: 0, remainingMs: 600 } });
  });

  it('is told once, however often it is looked at', () => {
    const key = opened({});
    key.become(silenced);
    expect(key.become(silenced)).toMatchObject({ kind: 'keep', answer: { status: 'unchanged' } });
  });

  it.each([
    ['a second mute of the other kind', silenced, both, 'inhibited'],
    ['a silence besides inhibition', inhibited, both, 'silenced'],
    ['the end of one of two', both, inhibited, 'unsilenced'],
    ['the end of the other of two', both, silenced, 'uninhibited'],
    ['a silence in place of inhibition', inhibited, silenced, 'silenced'],
    ['another silence', silenced, { silencedBy: ['s2'] }, 'updated'],
  ])('%s is recorded and tells nobody', (_, before, after, type) => {
    const key = opened(before);
    const decision = key.become(after);
    expect(decision).toMatchObject({ event: { type, alert: after } });
    expect(decision).not.toHaveProperty('event.notify');
  });
});

describe('a mute that ends', () => {
  it.each([
    [silenced, 'unsilenced', 'silence_over'],
    [inhibited, 'uninhibited', 'inhibition_over'],
    [both, 'unsilenced', 'silence_over'],
  ])('%o: asks for room, notifies once and starts the ladder', (muting, type, reason) => {
    const key = opened(muting);
    key.now += 60_000;
    const decision = key.become({});
    expect(decision).toMatchObject({ event: { type, reason, notify: ['log'] }, reserve: { rateKey: 'performance' } });
    expect(key.record).toMatchObject({
      admission: { verdict: 'admitted', at: t0 + 60_000 },
      escalation: { level: 0, nextAt: t0 + 61_000 },
    });
    expect(key.record).not.toHaveProperty('silencedBy');
    expect(key.record).not.toHaveProperty('inhibitedBy');
    expect(key.become({})).toMatchObject({ kind: 'keep' });
  });

  it('P41 the ladder goes on with the time that was left', () => {
    const key = opened({});
    key.now += 400;
    key.become(silenced);
    key.now = t0 + 60_000;
    key.become({});
    expect(key.record!.escalation).toEqual({ level: 0, nextAt: t0 + 60_600 });
  });

  it('P11 without room it is limited, as at an opening, and its ladder does not start', () => {
    const key = opened(silenced);
    key.verdict = { verdict: 'rate_limited', retryAt: t0 + 9_000 };
    const decision = key.become({});
    expect(decision).toMatchObject({ event: { type: 'unsilenced', reason: 'rate_limited' } });
    expect(decision).not.toHaveProperty('event.notify');
    expect(key.record).toMatchObject({
      admission: { verdict: 'rate_limited', rateKey: 'performance', retryAt: t0 + 9_000 },
      escalation: { level: 0 },
    });
  });

  it.each(['acknowledge', 'suppress'] as const)('after %s nobody is told, and the ladder waits', (command) => {
    const key = opened({});
    key.now += 400;
    key.become(silenced);
    key.command(command);
    const decision = key.become({});
    expect(decision).toMatchObject({ event: { type: 'unsilenced' } });
    expect(decision).not.toHaveProperty('event.notify');
    expect(key.record!.escalation).toEqual({ level: 0, remainingMs: 600 });
  });

  it('P13 an outside alert that was not told before becomes the first of its content', () => {
    const key = opened(silenced, raised());
    const dedupeKey = 'Disk full:no space left:system';
    expect(key.become({})).toMatchObject({ reserve: { rateKey: 'system', dedupeKey } });
    expect(key.record!.admission).toMatchObject({ dedupeKey });
  });

  it('P13 that the same was told within the window does not hold it back', () => {
    const key = opened(silenced, raised());
    key.answer = ({ dedupeKey }) => ({ verdict: dedupeKey === undefined ? 'admitted' : 'duplicate' });
    const decision = key.become({});
    expect(decision).toMatchObject({ event: { notify: ['log'] } });
    expect(decision).toHaveProperty('reserve', { rateKey: 'system' });
  });

  it('is for the alert that it was asked for, not for the next one of the key', () => {
    const key = opened(silenced);
    key.muting = {};
    const { key: name } = key.record!;
    expect(key.give({ kind: 'mute', key: name, id: 'another' })).toMatchObject({ kind: 'keep' });
  });
});
