import { describe, expect, it } from 'vitest';
import { chain, firing, OneKey, rule } from '../support/decision.js';

describe('leaving an acknowledgement while a silence has just begun', () => {
  it('P19 P41 notifies nobody, and the end of the silence is noticed however short it was', () => {
    const key = new OneKey();
    key.event(firing({ rule: { ...rule, escalation: chain.id } }));
    key.command('acknowledge');
    // It begins, and nobody has looked at the alert since.
    key.muting = { silencedBy: ['s1'] };
    key.command('unacknowledge');
    expect(key.record).toMatchObject({ state: 'active', silencedBy: ['s1'], escalation: { remainingMs: 1_000 } });
    key.muting = {};
    const { id, key: name } = key.record!;
    const event = key.event({ kind: 'mute', key: name, id });
    expect(event).toMatchObject({ type: 'unsilenced', notify: ['log'] });
    expect(event.alert.escalation).toMatchObject({ nextAt: key.now + 1_000 });
  });
});
