import type { ThresholdFlap } from './threshold-rule.js';

/** One bit a change between two samples. */
export const mostFlapSamples = 33;

/** With the defaults filled in. */
export function flapOptions({ window = 21, high = 0.3, low = 0.25 }: ThresholdFlap): Required<ThresholdFlap> {
  return { window, high, low };
}

/** What a {@link FlapDetector} remembers, as plain data. */
export interface FlapState {
  /** A bit a change between two samples, the newest the lowest. */
  readonly changes: number;
  readonly level: number;
  readonly flapping: boolean;
}

const weightOfOldest = 0.75;
const weightOfNewest = 1.25;

/** How often the level of one series changed lately: Nagios Core, Detection and Handling of State Flapping. */
export class FlapDetector {
  /** The level that the last sample led to. */
  level: number;
  flapping: boolean;
  private changes: number;
  private readonly pairs: number;
  private readonly high: number;
  private readonly low: number;

  constructor(options: ThresholdFlap, saved: FlapState = { changes: 0, level: 0, flapping: false }) {
    const { window, high, low } = flapOptions(options);
    this.pairs = window - 1;
    this.high = high;
    this.low = low;
    this.changes = saved.changes;
    this.level = saved.level;
    this.flapping = saved.flapping;
  }

  /** A sample led to `level`. True when flapping starts or ends by that. */
  note(level: number): boolean {
    const ring = 0xffffffff >>> (32 - this.pairs);
    this.changes = (((this.changes << 1) | (level === this.level ? 0 : 1)) & ring) >>> 0;
    this.level = level;
    const turns = this.flapping ? this.share() <= this.low : this.share() >= this.high;
    if (turns) this.flapping = !this.flapping;
    return turns;
  }

  /**
   * Weighted share of changes. Rounded once, at the end, so that nothing but changes is 1 exactly, and a limit that is
   * met counts as met.
   */
  share(): number {
    const steps = this.pairs - 1;
    let weights = 0;
    for (let rest = this.changes; rest !== 0; rest &= rest - 1) {
      const age = 31 - Math.clz32(rest & -rest);
      weights += weightOfNewest * steps - (weightOfNewest - weightOfOldest) * age;
    }
    return weights / (steps * this.pairs);
  }

  save(): FlapState {
    const { changes, level, flapping } = this;
    return { changes, level, flapping };
  }
}
