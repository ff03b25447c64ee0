import type { Clock } from './ports.js';

/** Farther apart than this, the wall clock was set, and is followed. */
const stepMs = 20;
/** A step is noticed within this time: reading both clocks each time would double the cost. */
const checkMs = 10;

/** The wall clock with fractions of a millisecond, smooth between steps of the system's clock. */
export function systemClock(): Clock {
  let origin = performance.timeOrigin;
  let checkAt = 0;
  return {
    wall() {
      const now = performance.now();
      if (now >= checkAt) {
        checkAt = now + checkMs;
        const off = Date.now() - (origin + now);
        if (Math.abs(off) > stepMs) origin += off;
      }
      return origin + now;
    },
  };
}
