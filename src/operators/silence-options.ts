import { choiceOption, maxKeysOption, objectOption, uniqueId } from './options.js';
import type { KeptEntry } from './parts/kept-values.js';
import { compileMatchers, type LabelMatcher } from './parts/matchers.js';
import type { FailedSide } from './side.js';

/** Mutes what matches from `startsAt` until before `endsAt`. Other fields are carried along and never looked at. */
export interface Silence {
  /** Unique in its set. */
  readonly id: string;
  /** At least one; all must hold. */
  readonly matchers: readonly LabelMatcher[];
  /** On the scheduler's clock, milliseconds. */
  readonly startsAt: number;
  /** Later than `startsAt`. `Infinity`: until it is taken out of the set. */
  readonly endsAt: number;
}

export interface SilenceKernelOptions {
  /** Keys of which a muted value is kept at a time. Default 100,000. */
  readonly maxKeys?: number;
  /** A muted value of a new key beyond `maxKeys`: not kept, or an error. What is kept is never forgotten. Default `reject`. */
  readonly overflow?: 'reject' | 'error';
}

export interface SilenceStarted<S extends Silence = Silence> {
  readonly kind: 'started';
  readonly silence: S;
  readonly at: number;
}

export interface SilenceEnded<S extends Silence = Silence> {
  readonly kind: 'ended';
  readonly silence: S;
  readonly at: number;
  /** `time`: its `endsAt` has come. `removed`: a new set has no such silence, or one that is not active now. */
  readonly reason: 'time' | 'removed';
}

/** A kept value is emitted: nothing mutes it any more. */
export interface MuteReleased<T, K> {
  readonly kind: 'released';
  readonly key: K;
  readonly value: T;
}

/** A kept value will not be emitted. */
export interface MuteDropped<T, K> {
  readonly kind: 'dropped';
  readonly key: K;
  readonly value: T;
  /** `superseded`: by a later value of its key. `resolved`: a later value says that its key is no longer open. */
  readonly reason: 'superseded' | 'resolved' | 'complete';
}

/** A muted value cannot be kept, because `maxKeys` others are, and `overflow` is `'reject'`. */
export interface MuteRejected<T, K> {
  readonly kind: 'rejected';
  readonly key: K;
  readonly value: T;
  readonly reason: 'max_keys';
}

/** What the kernel says by itself. */
export type SilenceNotice<T, K, S extends Silence = Silence> =
  | SilenceStarted<S>
  | SilenceEnded<S>
  | MuteReleased<T, K>
  | MuteDropped<T, K>
  | MuteRejected<T, K>;

/** This value was held back. */
export interface Silenced<T> {
  readonly kind: 'muted';
  readonly value: T;
  /** Ids of the silences that mute it, in the order of their set. */
  readonly silencedBy: readonly string[];
}

/** What `silence` says beside its output. */
export type SilenceSide<T, K, S extends Silence = Silence> = Silenced<T> | SilenceNotice<T, K, S> | FailedSide<T>;

/** The silences themselves come from their input. */
export interface SilenceSnapshot<T, K> {
  readonly version: 1;
  readonly kept: readonly KeptEntry<T, K>[];
}

/** Throws `RangeError` or `TypeError`, naming the option, its value and what is allowed. */
export function checkSilence(name: string, options: SilenceKernelOptions): void {
  objectOption(name, options);
  maxKeysOption(`${name}.maxKeys`, options.maxKeys);
  choiceOption(`${name}.overflow`, options.overflow ?? 'reject', ['reject', 'error']);
}

/** Throws `RangeError` or `TypeError` for a bad silence, and for an id that comes twice. */
export function checkSilences(name: string, silences: readonly Silence[]): void {
  if (!Array.isArray(silences)) throw new TypeError(`${name} must be an array of silences`);
  const ids = new Set<string>();
  silences.forEach((silence: Silence, position) => {
    checkTimes(`${name}[${position}]`, silence);
    compileMatchers(silence.matchers, `${name}[${position}].matchers`);
    uniqueId(`${name}[${position}].id`, silence.id, ids);
  });
}

/** Checks when a silence starts and ends. */
export function checkTimes(name: string, silence: Silence): void {
  objectOption(name, silence);
  timeOption(`${name}.startsAt`, silence.startsAt);
  timeOption(`${name}.endsAt`, silence.endsAt);
  if (silence.startsAt === Infinity) throw new RangeError(`${name}.startsAt must be finite, received Infinity`);
  if (silence.endsAt > silence.startsAt) return;
  const times = `${silence.endsAt} and ${silence.startsAt}`;
  throw new RangeError(`${name}.endsAt must be later than its startsAt, received ${times}`);
}

function timeOption(name: string, value: unknown): void {
  const allowed = 'a time in milliseconds';
  if (typeof value !== 'number') throw new TypeError(`${name} must be ${allowed}, received ${typeof value}`);
  if (Number.isNaN(value) || value === -Infinity) throw new RangeError(`${name} must be ${allowed}, received ${value}`);
}
