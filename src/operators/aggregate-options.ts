import { checkEventTime, type EventTimeLimits, latePolicyOption, type UntimelyReason } from './event-time.js';
import {
  arrayOption,
  choiceOption,
  durationOption,
  functionOption,
  integerOption,
  maxKeysOption,
  objectOption,
} from './options.js';
import { type AggregateFn, isAggregateFn } from './parts/aggregate-fn.js';
import type { WatermarkState } from './parts/watermark.js';
import { type FailedSide, type OverflowPolicy, overflowPolicies } from './side.js';

export type { AggregateFn } from './parts/aggregate-fn.js';

const emitPolicies = ['tick', 'change', 'event'] as const;
const modes = ['panes', 'exact'] as const;
const latePolicies = ['drop', 'update'] as const;

/**
 * When a window is told. `tick`: when it ends. `change`: when it ends, if a figure is not what it was in the window told
 * before. `event`: at each value, the window that ends with it.
 */
export type AggregateEmit = (typeof emitPolicies)[number];

/** What is kept: a few numbers of each pane of time, or every value. */
export type AggregateMode = (typeof modes)[number];

export interface AggregateKernelOptions<K, F extends AggregateFn = AggregateFn> extends EventTimeLimits {
  /** The figures wanted: {@link AggregateFn}. */
  readonly fns: readonly F[];
  /** Length of a window, whole milliseconds. */
  readonly windowMs: number;
  /** A window ends at each whole multiple of this, epoch time. Default `windowMs`: windows that do not overlap. */
  readonly everyMs?: number | undefined;
  /** Moves these multiples: 3,600,000 for days that begin at 01:00 UTC. Default 0. */
  readonly offsetMs?: number | undefined;
  /** Default `tick`. */
  readonly emit?: AggregateEmit | undefined;
  /** Default `panes`. */
  readonly mode?: AggregateMode | undefined;
  /** With `emit: 'event'`, in how many steps a window of panes moves on. Default 60. */
  readonly panes?: number | undefined;
  /** With `mode: 'exact'`, the most values kept of a key; one more is rejected. Default 10,000. */
  readonly maxEvents?: number | undefined;
  /** `update`: a window that a late value belongs to is told again, as a revision. Default `drop`. */
  readonly onLate?: 'drop' | 'update' | undefined;
  /** With `onLate: 'update'`, for how long after its end a window can be told again. Default `windowMs`. */
  readonly reviseMs?: number | undefined;
  /** Default 100,000. */
  readonly maxKeys?: number | undefined;
  /**
   * A key without a value for so long is forgotten, and `emit: 'change'` tells it anew. Default: `windowMs` twice, or with
   * `reviseMs` if that is longer. Least: `windowMs` and `reviseMs`.
   */
  readonly idleMs?: number | undefined;
  /** Default `evict`. */
  readonly overflow?: OverflowPolicy | undefined;
  /** A key was forgotten because of `maxKeys`. It must not call the kernel. */
  readonly onEvict?: ((evicted: AggregateEvicted<K, F>) => void) | undefined;
}

/** The figures of one key in one window. */
export interface Aggregated<K, F extends AggregateFn = AggregateFn> {
  readonly key: K;
  /** A value counts from `start` on and before `end`, epoch milliseconds. */
  readonly start: number;
  readonly end: number;
  /** Never 0: a window without values is not told. */
  readonly count: number;
  /** The figures asked for, by name; `NaN` where there is none, such as a rate of one value. */
  readonly values: Readonly<Record<F, number>>;
  /** How much of the window the key was seen in, from 0 to 1: from its first value, or the first after a gap as long as a window. */
  readonly coverage: number;
  /** The window was not over: the stream completed, or the key was evicted. */
  readonly partial: boolean;
  /** 0 at the end of the window, or when its first value comes after that; then one more for each late value. */
  readonly revision: number;
}

/** `maxKeys` made the kernel forget this key. */
export interface AggregateEvicted<K, F extends AggregateFn = AggregateFn> {
  readonly key: K;
  /** Its windows that were not over, up to the first that contains its newest value. */
  readonly windows: readonly Aggregated<K, F>[];
}

/** Why a value does not count. */
export type AggregateRejection = UntimelyReason | 'not_finite' | 'max_keys' | 'max_events';

/** This value was dropped. */
export interface AggregateRejected<T, K> {
  readonly kind: 'rejected';
  readonly key: K;
  readonly value: T;
  /**
   * `late`: the windows that it belongs to are over. `future`, `not_a_time`: so says its timestamp. `not_finite`: its
   * number is not one. `max_keys`: it has a new key, and `overflow` is `'reject'`. `max_events`: so many are kept.
   */
  readonly reason: AggregateRejection;
}

/** What `aggregate` says beside its output. */
export type AggregateSide<T, K, F extends AggregateFn = AggregateFn> =
  | AggregateRejected<T, K>
  | ({ readonly kind: 'evicted' } & AggregateEvicted<K, F>)
  | FailedSide<T>;

export interface AggregateKeySnapshot<K> {
  readonly key: K;
  readonly seenAt: number;
  /** When the next window of the key ends; `null` when it has no open one. */
  readonly nextEnd: number | null;
  readonly newest: number;
  readonly since: number;
  readonly rows: readonly (readonly number[])[];
  /** With `emit: 'change'`, the figures told last; `null` for `NaN`. */
  readonly told: readonly (number | null)[];
  readonly revisions: readonly (readonly [end: number, revision: number])[];
}

export interface AggregateSnapshot<K, F extends AggregateFn = AggregateFn> {
  readonly version: 1;
  /** What the windows are like; they can only go on alike. */
  readonly shape: string;
  readonly now: number;
  readonly watermark: WatermarkState | null;
  /** Least recently used first. */
  readonly keys: readonly AggregateKeySnapshot<K>[];
  /** Told, and not taken yet. */
  readonly ready: readonly Aggregated<K, F>[];
}

/** The options that shape windows, with their defaults. */
export interface AggregateShape<F extends AggregateFn> {
  readonly fns: readonly F[];
  readonly windowMs: number;
  readonly everyMs: number;
  readonly offsetMs: number;
  readonly emit: AggregateEmit;
  readonly mode: AggregateMode;
  readonly paneMs: number;
  /** How far behind the newest value of a key something may still be asked about. */
  readonly keepMs: number;
  readonly reviseMs: number;
  readonly idleMs: number;
  readonly maxEvents: number;
}

const longestMs = 2 ** 45;
const mostPanes = 10_000;
const mostEvents = 10_000_000;

export function aggregateShape<K, F extends AggregateFn>(options: AggregateKernelOptions<K, F>): AggregateShape<F> {
  const { fns, windowMs, everyMs = windowMs, offsetMs = 0, emit = 'tick', mode = 'panes' } = options;
  const reviseMs = options.onLate === 'update' ? (options.reviseMs ?? windowMs) : 0;
  const latenessMs = emit === 'event' ? 0 : Math.floor(options.latenessMs ?? 0);
  return {
    fns,
    windowMs,
    everyMs,
    offsetMs,
    emit,
    mode,
    paneMs: emit === 'event' ? Math.ceil(windowMs / (options.panes ?? 60)) : commonDivisor(windowMs, everyMs),
    keepMs: windowMs + latenessMs + reviseMs,
    reviseMs,
    idleMs: options.idleMs ?? windowMs + Math.max(windowMs, reviseMs),
    maxEvents: options.maxEvents ?? 10_000,
  };
}

/** Panes that a key needs: those of a window, and with late values those from the oldest one asked about to the newest. */
export function panesOf({ windowMs, keepMs, paneMs }: AggregateShape<AggregateFn>): number {
  const behindMs = keepMs - windowMs;
  return Math.ceil(windowMs / paneMs) + (behindMs > 0 ? Math.ceil(behindMs / paneMs) + 1 : 0);
}

/** Throws `RangeError` or `TypeError`, naming the option, its value and what is allowed. */
export function checkAggregate<K, F extends AggregateFn>(name: string, options: AggregateKernelOptions<K, F>): void {
  objectOption(name, options);
  checkFns(`${name}.fns`, options.fns);
  const windowMs = integerOption(`${name}.windowMs`, options.windowMs, 1, longestMs);
  integerOption(`${name}.everyMs`, options.everyMs ?? windowMs, 1, windowMs);
  integerOption(`${name}.offsetMs`, options.offsetMs ?? 0, -longestMs, longestMs);
  const emit = choiceOption(`${name}.emit`, options.emit ?? 'tick', emitPolicies);
  const mode = choiceOption(`${name}.mode`, options.mode ?? 'panes', modes);
  integerOption(`${name}.panes`, options.panes ?? 60, 1, mostPanes);
  integerOption(`${name}.maxEvents`, options.maxEvents ?? 10_000, 1, mostEvents);
  checkEventTime(name, options);
  checkLate(name, options, emit);
  maxKeysOption(`${name}.maxKeys`, options.maxKeys);
  choiceOption(`${name}.overflow`, options.overflow ?? 'evict', overflowPolicies);
  if (options.onEvict !== undefined) functionOption(`${name}.onEvict`, options.onEvict);
  const shape = aggregateShape(options);
  durationOption(`${name}.idleMs`, shape.idleMs, windowMs + shape.reviseMs);
  if (mode === 'panes') checkPanes(name, shape);
}

/** As text, what a state must have in common with the kernel that goes on from it. */
export function describeShape(shape: AggregateShape<AggregateFn>): string {
  const { fns, windowMs, everyMs, offsetMs, emit, mode, paneMs } = shape;
  const panes = mode === 'panes' ? ` of ${paneMs} ms` : '';
  return `${fns.join(' ')}, ${windowMs} ms every ${everyMs} ms from ${offsetMs} ms, ${emit}, ${mode}${panes}`;
}

function checkFns(name: string, fns: unknown): void {
  arrayOption(name, fns);
  const seen = new Set<unknown>();
  for (const [index, fn] of (fns as readonly unknown[]).entries()) {
    if (!isAggregateFn(fn) || seen.has(fn)) {
      throw new RangeError(
        `${name}[${index}] must be another one of 'count', 'sum', 'avg', 'min', 'max', 'first', 'last', 'delta', 'rate', ` +
          `'stddev', 'p0' to 'p100', received ${JSON.stringify(fn)}`,
      );
    }
    seen.add(fn);
  }
}

function checkLate<K>(name: string, options: AggregateKernelOptions<K, AggregateFn>, emit: AggregateEmit): void {
  const onLate = latePolicyOption(name, options.onLate, latePolicies);
  integerOption(`${name}.reviseMs`, options.reviseMs ?? options.windowMs, 0, longestMs);
  if (emit !== 'event') return;
  if (onLate === 'update')
    throw new RangeError(`${name}.onLate must be 'drop' with emit 'event': no window is told twice`);
  if (options.everyMs !== undefined) throw new RangeError(`${name}.everyMs must be left out with emit 'event'`);
}

function checkPanes(name: string, shape: AggregateShape<AggregateFn>): void {
  const panes = panesOf(shape);
  if (panes <= mostPanes) return;
  throw new RangeError(
    `${name}.windowMs, everyMs, latenessMs and reviseMs need ${panes} panes of ${shape.paneMs} ms a key, and ` +
      `${mostPanes} are allowed: choose a larger common divisor of the first two, or mode 'exact'`,
  );
}

function commonDivisor(one: number, other: number): number {
  return other === 0 ? one : commonDivisor(other, one % other);
}
