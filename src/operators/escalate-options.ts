import { arrayOption, choiceOption, durationOption, integerOption, maxKeysOption, objectOption } from './options.js';
import type { FailedSide } from './side.js';

/** What is to be done on a step is the caller's own, and comes back with it. */
export interface LadderStep {
  /** Milliseconds, 1 or more, from the step before; of the first one from the opening. */
  readonly afterMs: number;
}

/** The steps that wait for one key. */
export interface EscalationLadder<S extends LadderStep = LadderStep> {
  /** At least one. */
  readonly steps: readonly S[];
  /** How many steps there are in all; above `steps.length` the last repeats. Default: `steps.length`. */
  readonly max?: number;
  /** Where to go on. Default: at the beginning. */
  readonly position?: EscalationPlace;
}

/** A place on a ladder, such as a restart finds it. Times are those of the scheduler, milliseconds. */
export interface EscalationPlace {
  /** Steps already taken. */
  readonly level: number;
  /** When the next step is due. Default: `afterMs` from now. */
  readonly nextAt?: number;
  /** Acknowledged, with this time left to the next step. */
  readonly leftMs?: number;
  /** When the acknowledgement ends. Default: never. */
  readonly until?: number;
}

const catchUps = ['shift', 'latest', 'all', 'skip'] as const;

/**
 * Steps that became due before the opening, or while the process slept. `shift`: the first of them is taken now, later
 * ones keep their distance from then. The others keep to the first timetable: `latest` takes only the last of them,
 * `all` takes each, `skip` takes none that was overdue at the opening.
 */
export type EscalationCatchUp = (typeof catchUps)[number];

export interface EscalateKernelOptions {
  /** Default `shift`. */
  readonly catchUp?: EscalationCatchUp;
  /** Keys open at a time. Default 100,000. */
  readonly maxKeys?: number;
  /** An opening beyond `maxKeys`: dropped, or an error. What is open is never forgotten. Default `reject`. */
  readonly overflow?: 'reject' | 'error';
}

/** A step of the ladder was reached. */
export interface EscalateStep<T, K, S extends LadderStep = LadderStep> {
  readonly kind: 'step';
  readonly key: K;
  /** What opened the key; `undefined` when it was restored from a snapshot. */
  readonly item: T | undefined;
  /** Number of the step, from 1. */
  readonly level: number;
  /** The step of the ladder that this is. */
  readonly step: S;
  /** When it was due by its timetable. */
  readonly dueAt: number;
  /** When it was taken; later than `dueAt` when the process slept. */
  readonly at: number;
}

/** An opening that found no place. */
export interface EscalateRejected<T, K> {
  readonly kind: 'rejected';
  readonly key: K;
  readonly value: T;
  readonly reason: 'max_keys';
}

/** What `escalate` says beside its output. */
export type EscalateSide<T, K> = EscalateRejected<T, K> | FailedSide<T>;

export interface EscalateEntry<K, S extends LadderStep = LadderStep> extends EscalationLadder<S> {
  readonly key: K;
}

/** State of `escalate` as plain data. To seed it from open alerts, write one entry for each. */
export interface EscalateSnapshot<K, S extends LadderStep = LadderStep> {
  readonly version: 1;
  readonly entries: readonly EscalateEntry<K, S>[];
}

/** Throws `RangeError` or `TypeError`, naming the option, its value and what is allowed. */
export function checkEscalate(name: string, options: EscalateKernelOptions): void {
  objectOption(name, options);
  choiceOption(`${name}.catchUp`, options.catchUp ?? 'shift', catchUps);
  maxKeysOption(`${name}.maxKeys`, options.maxKeys);
  choiceOption(`${name}.overflow`, options.overflow ?? 'reject', ['reject', 'error']);
}

const mostSteps = 2 ** 31 - 1;

/** Throws `RangeError` or `TypeError`, naming the field, its value and what is allowed. */
export function checkLadder(name: string, { steps, max, position }: EscalationLadder): void {
  arrayOption(`${name}.steps`, steps);
  for (const [index, { afterMs }] of steps.entries()) durationOption(`${name}.steps[${index}].afterMs`, afterMs, 1);
  if (max !== undefined) integerOption(`${name}.max`, max, 1, mostSteps);
  if (position === undefined) return;
  integerOption(`${name}.position.level`, position.level, 0, mostSteps);
  durationOption(`${name}.position.leftMs`, position.leftMs ?? 0, 0);
  checkTime(`${name}.position.nextAt`, position.nextAt ?? 0, Number.MAX_VALUE);
  checkTime(`${name}.position.until`, position.until ?? Infinity, Infinity);
}

/** `latest`: `Infinity` where a time may be never. */
export function checkTime(name: string, value: number, latest: number): void {
  if (typeof value !== 'number')
    throw new TypeError(`${name} must be a time in milliseconds, received ${typeof value}`);
  if (!(value > -Infinity && value <= latest))
    throw new RangeError(`${name} must be a time in milliseconds, received ${value}`);
}
