import { type OperatorFunction, type SchedulerLike, Subject } from 'rxjs';

/** What a figure is about. */
export type Question = 'event' | 'event in sequence' | 'create' | 'bytes' | 'unsubscribe' | 'stall' | 'bytes left';

/** One operator, and what people compose in its place, each fed the same events. */
export interface Study<T = unknown> {
  /** Name of the operator. */
  readonly operator: string;
  /** What there are 1,000 or 1,000,000 of: keys, rules. */
  readonly axis: string;
  /** What happens in one event of the figures. */
  readonly event: string;
  /** Smallest first. */
  readonly sizes: readonly number[];
  /** Size at which ours and the naive form are compared, also in a quick run. Default: the largest up to 10,000. */
  readonly comparedAt?: number;
  /** Default: all of them. */
  readonly questions?: readonly Question[];
  /** One event of each key, at that many keys (rules, silences). They come again and again. */
  values(size: number): readonly T[];
  /** Ours first, then the naive form that ours is compared with, then others. */
  readonly ways: readonly Way<T>[];
  /** For what lives by its timer: the clock moves on. Default: no time passes. */
  readonly pace?: Pace;
  /** After so long without an event every key has expired, or is due. Without it there is no figure of stalls. */
  readonly expireMs?: number;
  /** Outputs a key when each had one event, and when all have expired: proof that a way does its job. */
  readonly outputs?: { readonly fresh: number; readonly expired?: number };
}

export interface Pace {
  /** So many events of each key, on the average, */
  readonly events: number;
  /** come in so long; then timers that are due run. */
  readonly turnMs: number;
  /** Turns until the state is as large as it gets. */
  readonly fillTurns: number;
}

export interface Way<T = unknown> {
  readonly name: string;
  /** Prefix of its budgets; only ours has one. */
  readonly id?: string;
  /** Not run above this size. Others are left out when the figures of smaller sizes say that they take too long. */
  readonly skips?: { readonly above: number; readonly why: string };
  /** Why it has no figure of stalls. */
  readonly unstalled?: string;
  start(setting: Setting): Running<T>;
}

export interface Setting {
  readonly size: number;
  readonly scheduler: SchedulerLike;
}

export interface Running<T> {
  feed(value: T): unknown;
  /** Resolves when all that was fed is done. Default: it is done at once. */
  settle?(): Promise<void>;
  stop(): void;
  /** Since the start. */
  outputs(): number;
}

/** Checks the types of a study; all studies are run alike. */
export function study<T>(definition: Study<T>): Study {
  return definition as Study;
}

type Make<T, R> = (setting: Setting) => OperatorFunction<T, R>;

export function ours<T, R>(name: string, id: string, make: Make<T, R>, count?: (output: R) => number): Way<T> {
  return { id, ...naive(name, make, count) };
}

/** `count`: how many outputs this one stands for. Default: one. */
export function naive<T, R>(name: string, make: Make<T, R>, count: (output: R) => number = one): Way<T> {
  return { name, start: (setting) => run(make(setting), count) };
}

function run<T, R>(apply: OperatorFunction<T, R>, count: (output: R) => number): Running<T> {
  const source$ = new Subject<T>();
  let outputs = 0;
  const subscription = source$.pipe(apply).subscribe((output) => {
    outputs += count(output);
  });
  return {
    feed: (value) => source$.next(value),
    stop: () => subscription.unsubscribe(),
    outputs: () => outputs,
  };
}

const one = () => 1;

export const thousand = 1_000;
export const million = 1_000_000;
export const minute = 60_000;
export const byKeys: readonly number[] = [thousand, 10 * thousand, 100 * thousand, million];

/** Texts, as keys mostly are. */
export function textKeys(size: number): readonly string[] {
  return Array.from({ length: size }, (_, n) => `series ${n}`);
}
