import type { EngineConfig } from '../config/engine-config.js';
import type { LiveConfig } from '../live/live-config.js';
import type { AdmissionLimits } from '../streams/admission.js';

/** How long the log has to keep what is over: it is read again at a start, and under other limits. */
export function lookBackMs(config: EngineConfig, live: LiveConfig): () => number {
  const atStartMs = Math.max(longestWindowMs(config), longestHoldMs(config));
  return () => Math.max(atStartMs, longestWindowMs(live.current));
}

/** What happened within this time still decides what is admitted. */
export function longestWindowMs({ rateLimit, dedupe }: AdmissionLimits): number {
  const longestRateMs = Math.max(...rateLimit.windows.map(({ perMs }) => perMs));
  return Math.max(dedupe.windowMs, longestRateMs + rateLimit.cooldownMs);
}

/** What waits for others of its group is in the log alone. */
function longestHoldMs({ group }: EngineConfig): number {
  return group === undefined ? 0 : 2 * Math.max(group.waitMs, group.intervalMs);
}
