import type { MonoTypeOperatorFunction, ObservableInput, Subscriber } from 'rxjs';
import { KernelOperation } from './adapter/kernel-operation.js';
import { type CommonOptions, type OperationOptions, operate, operationOptions, setsOf } from './adapter/operation.js';
import { functionOption, objectOption } from './options.js';
import type { Labels } from './parts/matchers.js';
import { SilenceKernel } from './silence-kernel.js';
import {
  checkSilence,
  checkSilences,
  type MuteDropped,
  type Silence,
  type SilenceKernelOptions,
  type SilenceNotice,
  type SilenceSide,
  type SilenceSnapshot,
} from './silence-options.js';
import type { StateHandle } from './state-handle.js';

export { compileMatchers, type LabelMatcher, type Labels, type MatcherOp } from './parts/matchers.js';
export { SilenceKernel } from './silence-kernel.js';
export type * from './silence-options.js';

export interface SilenceOptions<T, K, S extends Silence = Silence>
  extends SilenceKernelOptions,
    CommonOptions<SilenceSide<T, K, S>> {
  /** What the matchers look at. */
  readonly labels: (value: T) => Labels;
  /** The silences, or a stream of sets of which each replaces the one before. Nothing is muted before the first. */
  readonly silences: readonly S[] | ObservableInput<readonly S[]>;
  /** Keeps the last muted value of each key, and emits it when nothing mutes it any more. Default: muted is dropped. */
  readonly key?: (value: T) => K;
  /** False for a value that ends what its key began: it always passes, and what is kept is dropped. Default: always true. */
  readonly open?: (value: T) => boolean;
  /** What is kept to start from, and its snapshot while subscribed. */
  readonly state?: StateHandle<SilenceSnapshot<T, K>>;
}

/**
 * Holds back what matches an active silence.
 *
 * ```text
 * source  a-a-b-a-a-a-|     silences: [a silence of a from 2 until 8]
 * output  a---b---a-a-|
 *
 * source  a--b-a------|     the same, and key: (value) => value
 * output  a--b----a---|
 * ```
 *
 * A silence mutes while `startsAt <= now < endsAt`, to the millisecond and by the scheduler's clock: no timer has to run
 * for that. One timer tells `side` when silences start and end. `side` hears of each muted value, with the ids of all
 * silences that mute it.
 *
 * With `key`, the last muted value of each key is kept, and emitted once its last silence has ended or was taken away. A
 * later value of the key takes its place, or drops it by passing itself.
 *
 * | When | What happens |
 * |---|---|
 * | a set replaces another | silences that are in both go on; those that were taken out end at once |
 * | the first set is late | what comes before it passes: start the stream with a set if that must not be |
 * | a set of the stream is bad | the output errors; with `onError: 'skip'`, `side` gets `failed` and the set before stays |
 * | the source completes | what is kept is dropped, because it is still muted, and the output completes |
 * | the stream of sets completes | the last set stays |
 * | the source, or the stream of sets, errors | the error is forwarded at once |
 * | `labels`, `key` or `open` throws | the output errors; with `onError: 'skip'`, `side` gets `failed` |
 * | a new key beyond `maxKeys` | `overflow`: its muted value is not kept, and `side` gets `rejected`; or the output errors |
 *
 * Cost: a map look-up for each label that silences ask for with `=`, one more for each length of a beginning (`^=`, or
 * what a `=~` begins with), then the silences found there: 0.2 µs a value at 10 silences and at 10,000 that each name a
 * host. A silence that asks for none of these is tried for each value. A pattern takes time linear in the value, whatever
 * it says. Memory: about 110 bytes a kept value, and the value. One scheduler action at most, while a silence is to start
 * or to end.
 *
 * Replaces `withLatestFrom(silences$)` with `filter` and a `RegExp` for each matcher, which takes 4 ms a value at 10,000
 * silences, for ever at a pattern like `(a+)+b`, and forgets what is still open when a silence ends:
 * `filter(([alert, silences]) => !silences.some((one) => isActive(one) && matches(one, alert.labels)))`.
 *
 * @throws RangeError, TypeError for bad options, when the operator is created; they name the option.
 *
 * @example
 * const tonight = { id: 's1', matchers: [{ label: 'service', op: '^=', value: 'db-' }], startsAt, endsAt } as const;
 * alerts$.pipe(silence({ labels: (alert) => alert.labels, silences: [tonight] })).subscribe(notify);
 *
 * @example
 * // What is still open when its silence ends is notified then.
 * alerts$.pipe(silence({
 *   labels: (alert) => alert.labels,
 *   silences: silences$.pipe(startWith([])),
 *   key: (alert) => alert.id,
 *   open: (alert) => alert.state !== 'resolved',
 *   side: { next: (notice) => notice.kind === 'muted' && console.log(notice.value.id, 'by', notice.silencedBy) },
 * }));
 */
export function silence<T, K = never, S extends Silence = Silence>(
  options: SilenceOptions<T, K, S>,
): MonoTypeOperatorFunction<T> {
  checkSilence('silence', options);
  functionOption('silence.labels', options.labels);
  for (const name of ['key', 'open'] as const) {
    if (options[name] !== undefined) functionOption(`silence.${name}`, options[name]);
  }
  objectOption('silence.silences', options.silences);
  if (Array.isArray(options.silences)) checkSilences('silence.silences', options.silences);
  const common = operationOptions('silence', options);
  return operate((out) => new SilenceOperation(out, common, options));
}

class SilenceOperation<T, K, S extends Silence> extends KernelOperation<
  T,
  SilenceSide<T, K, S>,
  SilenceNotice<T, K, S>
> {
  protected override readonly kernel: SilenceKernel<T, K, S>;
  private readonly options: SilenceOptions<T, K, S>;

  constructor(out: Subscriber<T>, common: OperationOptions<SilenceSide<T, K, S>>, options: SilenceOptions<T, K, S>) {
    super(out, common);
    this.options = options;
    this.kernel = this.restored(options.state, (initial) => new SilenceKernel<T, K, S>(options, initial));
    this.follow(setsOf(options.silences), (set) => this.onSet(set));
  }

  protected override onNext(value: T): void {
    const { labels: labelsOf, key: keyOf, open: isOpenOf } = this.options;
    let labels: Labels;
    let key: K | undefined;
    let isOpen = true;
    try {
      labels = labelsOf(value);
      objectOption('silence.labels(…)', labels);
      key = keyOf?.(value);
      if (isOpenOf !== undefined) isOpen = isOpenOf(value);
    } catch (error) {
      this.callbackFailed(error, value);
      return;
    }
    const now = this.scheduler.now();
    this.attend(now);
    if (this.closed) return;
    const silencedBy = isOpen ? this.kernel.verdict(labels, now) : unmuted;
    if (silencedBy.length > 0) this.mute(value, silencedBy, labels, key, now);
    else this.pass(value, isOpen ? 'superseded' : 'resolved', key, now);
  }

  protected override report(notice: SilenceNotice<T, K, S>): void {
    super.report(notice);
    if (notice.kind === 'released') this.out.next(notice.value);
  }

  private mute(value: T, silencedBy: readonly string[], labels: Labels, key: K | undefined, now: number): void {
    this.side?.next({ kind: 'muted', value, silencedBy });
    if (this.options.key === undefined) return;
    this.kernel.keep(key as K, value, labels, now);
    this.attend(now);
  }

  /** What is kept under the key comes too late now. */
  private pass(value: T, reason: MuteDropped<T, K>['reason'], key: K | undefined, now: number): void {
    const isDropped = this.options.key !== undefined && this.kernel.drop(key as K, reason);
    this.out.next(value);
    if (isDropped) this.attend(now);
  }

  private onSet(silences: readonly S[]): void {
    const now = this.scheduler.now();
    this.attend(now);
    try {
      this.kernel.setSilences(silences, now);
    } catch (error) {
      this.callbackFailed(error);
      return;
    }
    this.attend(now);
  }
}

const unmuted: readonly string[] = [];
