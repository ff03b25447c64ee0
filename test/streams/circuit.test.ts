import { describe, expect, it } from 'vitest';
import { jittered } from '../../src/streams/backoff.js';
import { Circuit } from '../../src/streams/circuit.js';

function circuit(random = 1) {
  return new Circuit({ backoff: { initialMs: 1_000, maxMs: 30_000 }, maxProbeMs: 4_000, random: () => random });
}

describe('a circuit', () => {
  it('P16 lets everything through until a refusal, then one probe when it is due', () => {
    const c = circuit();
    expect([c.isOpen, c.waitMs(0), c.sending('a')]).toEqual([false, 0, false]);
    c.refused('a', 0, false);
    expect([c.isOpen, c.waitMs(0), c.waitMs(999), c.waitMs(1_000)]).toEqual([true, 1_000, 1, 0]);
    expect(c.sending('b')).toBe(true);
    expect(c.waitMs(1_000)).toBe(Number.POSITIVE_INFINITY);
  });

  it('P16 closes on a delivery', () => {
    const c = circuit();
    c.refused('a', 0, false);
    c.sending('b');
    c.delivered(1_000, true);
    expect([c.isOpen, c.waitMs(1_000)]).toEqual([false, 0]);
  });

  it('F4 probes ever more seldom, but at least every five seconds', () => {
    const c = circuit(0.999);
    c.refused('a', 0, false);
    const pauses: number[] = [];
    for (let now = 0; pauses.length < 8; ) {
      pauses.push(c.waitMs(now));
      now += c.waitMs(now);
      c.sending('a');
      c.refused('a', now, true);
    }
    expect(pauses.slice(0, 3).map(Math.round)).toEqual([999, 1_998, 3_996]);
    expect(Math.max(...pauses)).toBeLessThan(5_000);
  });

  it('F4 counts refusals of messages that were under way together as one', () => {
    const c = circuit();
    for (const id of ['a', 'b', 'c']) c.refused(id, 0, false);
    expect(c.waitMs(0)).toBe(1_000);
  });

  it('F5 leaves a receiver alone for as long as it asked, even when something sent before is delivered', () => {
    const c = circuit(0);
    c.refused('a', 0, false, 7_000);
    c.refused('b', 10, false, 2_000);
    c.delivered(20, false);
    expect([c.isOpen, c.waitMs(20)]).toEqual([true, 6_980]);
    c.sending('a');
    c.delivered(7_100, true);
    expect(c.isOpen).toBe(false);
  });

  it('P16 closes by whatever is delivered when no pause was asked for', () => {
    const c = circuit();
    c.refused('poison', 0, false);
    c.delivered(1, false);
    expect(c.isOpen).toBe(false);
  });

  it('P16 probes with the oldest message that was not tried since it opened, in turn', () => {
    const c = circuit(0);
    const ids = ['a', 'b', 'c'];
    c.refused('a', 0, false);
    const chosen: string[] = [];
    for (let i = 0; i < 6; i++) {
      const id = ids[c.choose(ids)]!;
      chosen.push(id);
      c.sending(id);
      c.refused(id, i, true);
    }
    expect(chosen).toEqual(['b', 'c', 'a', 'b', 'c', 'a']);
  });

  it('P16 a probe that was itself at fault neither closes it nor delays the next', () => {
    const c = circuit();
    c.refused('a', 0, false);
    c.sending('b');
    c.inconclusive(1_000, true);
    expect([c.isOpen, c.waitMs(1_000)]).toEqual([true, 0]);
  });
});

describe('a back-off', () => {
  it('P16 is a random part of a time that doubles up to its limit', () => {
    const backoff = { initialMs: 1_000, maxMs: 5_000 };
    expect([0, 1, 2, 3, 2_000].map((attempt) => jittered(backoff, attempt, () => 0.5))).toEqual([
      500, 1_000, 2_000, 2_500, 2_500,
    ]);
    expect(jittered(backoff, 3, () => 0)).toBe(0);
  });
});
