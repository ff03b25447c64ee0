import { choiceOption, durationOption, functionOption } from './options.js';

export const latePolicies = ['drop', 'update', 'arrival'] as const;

/**
 * What becomes of a value that comes too late to be counted at its own time. `drop`: it goes to `side`, reason `late`.
 * `update`: what it changes is emitted again, as a revision. `arrival`: it counts as if its time were that of its arrival.
 */
export type LatePolicy = (typeof latePolicies)[number];

/**
 * Time that values bring with them, for every operator that can go by it. Without `timestamp` a value's time is that of
 * its arrival, and the other options mean nothing.
 */
export interface EventTimeOptions<T> extends EventTimeLimits {
  /** Time of a value, epoch milliseconds on the scheduler's clock. Default: its arrival. */
  readonly timestamp?: ((value: T) => number) | undefined;
}

/** How far the times of values may be from each other and from the clock. */
export interface EventTimeLimits {
  /** How much older than the newest value one may be and still count in its place. Default 0. */
  readonly latenessMs?: number | undefined;
  /**
   * When no value came for so long, event time goes on with the clock, so that what is due on a quiet stream comes
   * about. Default 60,000; `Infinity` for a replay, where only values move time.
   */
  readonly idleTimeoutMs?: number | undefined;
  /** A value further ahead of the clock does not count, and never moves time. Default 60,000; `Infinity` for a replay. */
  readonly maxFutureMs?: number | undefined;
}

/** Why a value does not count at its own time. */
export type UntimelyReason = 'late' | 'future' | 'not_a_time';

export const defaultIdleTimeoutMs = 60_000;
export const defaultMaxFutureMs = 60_000;

/** Throws `RangeError` or `TypeError`, naming the option, its value and what is allowed. `name` is the operator's. */
export function checkEventTime<T>(name: string, options: EventTimeOptions<T>): void {
  if (options.timestamp !== undefined) functionOption(`${name}.timestamp`, options.timestamp);
  checkEventTimeLimits(name, options);
}

export function checkEventTimeLimits(name: string, limits: EventTimeLimits): void {
  durationOption(`${name}.latenessMs`, limits.latenessMs ?? 0, 0);
  checkOrNever(`${name}.idleTimeoutMs`, limits.idleTimeoutMs ?? defaultIdleTimeoutMs);
  checkOrNever(`${name}.maxFutureMs`, limits.maxFutureMs ?? defaultMaxFutureMs);
}

/** `policies`: those that the operator knows. */
export function latePolicyOption<P extends LatePolicy>(name: string, value: unknown, policies: readonly P[]): P {
  return choiceOption(`${name}.onLate`, value ?? 'drop', policies);
}

function checkOrNever(name: string, value: unknown): void {
  if (value !== Infinity) durationOption(name, value, 0);
}
