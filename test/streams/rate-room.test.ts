import { describe, expect, it } from 'vitest';
import type { TimerInput } from '../../src/model/decision/index.js';
import { RateRoom } from '../../src/streams/rate-room.js';
import { firing, OneKey } from '../support/decision.js';
import { VirtualClock } from '../support/virtual-clock.js';

const { record } = limited();

function limited() {
  const key = new OneKey();
  key.verdict = { verdict: 'rate_limited' };
  key.give(firing());
  return { record: key.record! };
}

/** Looks at rate keys are counted. */
function room(roomAt: (rateKey: string, now: number) => number) {
  const { scheduler, advance } = new VirtualClock();
  const looks: string[] = [];
  const rates = new RateRoom({
    windows: [{ max: 4, perMs: 60_000 }],
    scheduler,
    roomAt: (rateKey, now) => {
      looks.push(rateKey);
      return roomAt(rateKey, now);
    },
  });
  const offers: TimerInput[] = [];
  rates.offers$.subscribe((offer) => offers.push(offer));
  return { rates, offers, looks, advance: advance.bind({ scheduler }) };
}

describe('alerts that wait for room', () => {
  it('P11 one more is looked at alone, however many rate keys are held back', () => {
    const { rates, looks } = room(() => 1_000_000);
    for (let i = 0; i < 1_000; i++) rates.update(`key-${i}`, { ...record, id: `${record.id}${i}` });
    expect(looks.length).toBeLessThanOrEqual(1_000);
  });

  it('P11 each rate key is offered when it has room itself', () => {
    const { rates, offers, advance } = room((rateKey, now) => Math.max(now, rateKey === 'soon' ? 1_000 : 5_000));
    rates.update('late', { ...record, id: 'late' });
    rates.update('soon', { ...record, id: 'soon' });
    advance(2_000);
    rates.update('soon', { ...record, id: 'soon', state: 'resolved' });
    expect([...new Set(offers.map(({ id }) => id))]).toEqual(['soon']);
    offers.length = 0;
    advance(3_100);
    expect([...new Set(offers.map(({ id }) => id))]).toEqual(['late']);
  });
});
