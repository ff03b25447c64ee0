import type { Reading } from './reading.js';

/**
 * The demonstration: a made-up web shop whose latency is fine, is driven over its limit for a while, and recovers.
 * Everything is a pure function of the time since the start, in milliseconds.
 */
export const story = {
  source: 'shop',
  metric: 'demo.latency',
  unit: 'ms',
  /** Of the rule that watches the metric. */
  limit: 500,
  clear: 300,
  category: 'demo',
  /** Identity of the alert that the shop itself raises, again and again, while it is slow. */
  raiseKey: 'demo-checkout',
  sampleEveryMs: 200,
  raiseEveryMs: 1_000,
  loadFromMs: 4_600,
  loadToMs: 20_000,
  escalateAfterMs: 8_000,
  periodMs: 120_000,
} as const;

const calm = 180;
const loaded = 830;
const rampMs = 400;

function underLoad(elapsedMs: number): boolean {
  const at = elapsedMs % story.periodMs;
  return at >= story.loadFromMs && at < story.loadToMs;
}

/** Latency of the shop: a calm level, a short ramp, a loaded level, each with a little movement. */
export function demoReading(elapsedMs: number): Reading {
  const wave = 22 * Math.sin(elapsedMs / 700) + 13 * Math.sin(elapsedMs / 230 + 1) + 6 * Math.sin(elapsedMs / 90);
  const value = calm + (loaded - calm) * loadShare(elapsedMs % story.periodMs) + wave;
  return { name: story.metric, value: Math.round(value * 10) / 10, unit: story.unit };
}

/** 0 when calm, 1 under load, between on the ramps. */
function loadShare(at: number): number {
  const rising = (at - story.loadFromMs) / rampMs;
  const falling = (story.loadToMs + rampMs - at) / rampMs;
  return Math.min(1, Math.max(0, Math.min(rising, falling)));
}

/** What the shop says of itself at this moment: it raises while it is slow, and resolves once when it recovers. */
export function demoRaise(elapsedMs: number): Readonly<Record<string, unknown>> | undefined {
  const said = {
    key: story.raiseKey,
    title: 'Customers wait at checkout',
    message: 'Orders take longer than usual.',
    severity: 'medium',
    source: story.source,
    labels: { demo: 'true' },
  };
  if (underLoad(elapsedMs)) return said;
  const recovered = underLoad(elapsedMs - story.raiseEveryMs);
  return recovered ? { ...said, status: 'resolved' } : undefined;
}
