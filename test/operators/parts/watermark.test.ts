import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Watermark } from '../../../src/operators/parts/watermark.js';
import { propertyRuns } from '../../support/property.js';

describe('Watermark', () => {
  it('is the newest time less the lateness, whatever the order of values', () => {
    const watermark = new Watermark({ latenessMs: 10 });
    expect(watermark.at(0)).toBe(-Infinity);
    expect(watermark.observe(100, 1_000)).toBe('on_time');
    expect(watermark.observe(95, 1_001)).toBe('on_time');
    expect(watermark.at(1_001)).toBe(90);
    expect(watermark.observe(90, 1_002)).toBe('on_time');
    expect(watermark.observe(89, 1_003)).toBe('late');
    expect(watermark.at(1_003)).toBe(90);
  });

  it('refuses what is too far ahead of the clock, or no time at all, without a trace', () => {
    const watermark = new Watermark({ maxFutureMs: 100 });
    expect(watermark.observe(1_100, 1_000)).toBe('on_time');
    expect(watermark.observe(1_101, 1_000)).toBe('future');
    for (const time of [Number.NaN, Infinity, -Infinity]) expect(watermark.observe(time, 1_000)).toBe('not_a_time');
    expect(watermark.at(1_000)).toBe(1_100);
  });

  it('moves with the clock once no value came for idleTimeoutMs, and keeps the lag of the stream', () => {
    const watermark = new Watermark({ idleTimeoutMs: 50 });
    watermark.observe(400, 1_000);
    expect(watermark.at(1_049)).toBe(400);
    expect(watermark.at(1_050)).toBe(450);
    expect(watermark.at(1_060)).toBe(460);
    expect(watermark.reaches(425)).toBe(1_000);
    expect(watermark.reaches(500)).toBe(1_100);
    expect(watermark.observe(450, 1_060)).toBe('late');
  });

  it('never moves by itself in a replay', () => {
    const watermark = new Watermark({ idleTimeoutMs: Infinity, maxFutureMs: Infinity });
    expect(watermark.observe(5e12, 0)).toBe('on_time');
    expect(watermark.at(1e15)).toBe(5e12);
    expect(watermark.reaches(5e12 + 1)).toBe(Infinity);
  });

  it('does not go back when the clock does', () => {
    const watermark = new Watermark({ idleTimeoutMs: 0 });
    watermark.observe(100, 1_000);
    expect(watermark.at(1_500)).toBe(600);
    expect(watermark.at(200)).toBe(600);
  });

  it('rises only, tells the exact moment at which it reaches a time, and goes on from what was saved', () => {
    const steps = fc.array(fc.record({ at: fc.nat(1_000), waitMs: fc.double({ min: -50, max: 200, noNaN: true }) }));
    const limits = fc.record({ latenessMs: fc.nat(50), idleTimeoutMs: fc.nat(100) });
    fc.assert(
      fc.property(limits, steps, fc.nat(2_000), (limit, trace, due) => {
        let watermark = new Watermark(limit);
        let now = 1_000;
        let last = -Infinity;
        for (const { at, waitMs } of trace) {
          now += waitMs;
          watermark.observe(at, now);
          expect(watermark.at(now)).toBeGreaterThanOrEqual(last);
          last = watermark.at(now);
          const state = JSON.parse(JSON.stringify(watermark.save()));
          watermark = new Watermark(limit);
          watermark.load(state);
          expect(watermark.at(now)).toBe(last);
        }
        const reached = watermark.reaches(due);
        if (reached === Infinity) return;
        if (reached > now) expect(watermark.at(reached - 1)).toBeLessThan(due);
        expect(watermark.at(Math.max(now, reached))).toBeGreaterThanOrEqual(due);
      }),
      { numRuns: propertyRuns() },
    );
  });
});
