import type { Clock } from './ports.js';

/** Farther apart than this, the wall clock was set, and is followed. */
const stepMs = 20;

/** The wall clock with fractions of a millisecond, smooth between steps of the system's clock. */
export function systemClock(): Clock {
  let origin = performance.timeOrigin;
  return {
    wall() {
      const smooth = origin + performance.now();
      const off = Date.now() - smooth;
      if (Math.abs(off) <= stepMs) return smooth;
      origin += off;
      return smooth + off;
    },
  };
}
