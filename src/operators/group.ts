import type { OperatorFunction, Subscriber } from 'rxjs';
import { type CommonOptions, type OperationOptions, operate, operationOptions } from './adapter/operation.js';
import { TimedOperation } from './adapter/timed-operation.js';
import { GroupKernel } from './group-kernel.js';
import {
  checkGroup,
  type GroupBatch,
  type GroupKernelOptions,
  type GroupOmitted,
  type GroupReplaced,
  type GroupSnapshot,
  type GroupVerdict,
} from './group-options.js';
import { functionOption } from './options.js';
import type { FailedSide } from './side.js';
import type { StateHandle } from './state-handle.js';

export * from './group-kernel.js';
export type * from './group-options.js';
export * from './group-schedule.js';

/** What `group` says beside its output: each value that is told in no batch, and why. */
export type GroupSide<T, G> = GroupReplaced<T, G> | GroupOmitted<T, G> | GroupRejected<T, G> | FailedSide<T>;

/** This value was dropped: so many groups or members are held, and `overflow` is `'reject'`. */
export interface GroupRejected<T, G> {
  readonly kind: 'rejected';
  readonly key: G;
  readonly value: T;
  readonly reason: 'max_keys' | 'max_held';
}

export interface GroupOptions<T, G, K>
  extends Omit<GroupKernelOptions<T, G>, 'onDrop'>,
    CommonOptions<GroupSide<T, G>> {
  /** Identity of a member within its group: of two values with one identity, a batch tells the later. */
  readonly key: (value: T) => K;
  /** Whether the batch of the group comes at once with this value. Default: never. */
  readonly urgent?: (value: T) => boolean;
  /**
   * Whether a value ends its member: it is told once, and the member is gone. Until then the member is open: each batch of the
   * group tells it. Default: every value does.
   */
  readonly resolved?: (value: T) => boolean;
  /** State to start from, and its snapshot while subscribed. */
  readonly state?: StateHandle<GroupSnapshot<T, G, K>>;
}

/**
 * Gathers values into groups, and emits each group as a batch: soon after it came up, at most so often while it changes,
 * and now and then while nothing changes but something is still open.
 *
 * ```text
 * source  ab--c---------d----|             waitMs: 3, intervalMs: 5
 * output  ---(ab)-c--------d-|
 *
 * source  a---b--------------A--------|    waitMs: 2, intervalMs: 4, repeatMs: 8, resolved: (letter) => letter === 'A'
 * output  --a---(ab)----(ab)-(Ab)----b|
 * ```
 *
 * The timeline of one group; {@link explainSchedule} tells it in words:
 *
 * - its first member: a batch after `waitMs` (`wait`);
 * - a member comes or changes afterwards: a batch `intervalMs` after the last one, or at once when that is over (`interval`);
 * - nothing changes, but members are open: a batch `repeatMs` after the last one (`repeat`);
 * - an urgent value: a batch at once (`urgent`), from which the interval counts;
 * - no member is left and `intervalMs` is over: the group is forgotten, and what comes then starts a new one.
 *
 * A batch tells every member of the group that is open, and those that were resolved since the last one, for the last time.
 * Without `resolved`, members are events: each is told once. Every value is a change: put `dedupe` ahead when a source
 * repeats itself. The key of the group and `sequence` name a batch, as an idempotency key for whoever sends it.
 *
 * | When | What happens |
 * |---|---|
 * | the source completes | groups in which something changed are emitted (`complete`), then the output completes |
 * | the source errors | the error is forwarded at once, without a batch |
 * | a callback throws | the output errors; with `onError: 'skip'`, `side` gets `failed` and the stream lives on |
 * | a group has more than `maxMembers` | what changed goes first; `more` counts the rest, and `side` gets what changed of it |
 * | beyond `maxKeys` or `maxHeld` | `overflow`: the group that heard nothing for longest is emitted (`evicted`) and forgotten, or `side` gets the value, or the output errors |
 * | a group hears nothing for `idleMs` | it is emitted (`idle`) and forgotten |
 *
 * Cost: O(1) a value, O(members) a batch. Memory: about 380 bytes a group and 90 for each member after its first, the values
 * not counted. One scheduler action at most, while there is a group; groups that are due at once are spread over turns of the event loop.
 *
 * Replaces `groupBy(by).pipe(mergeMap((group$) => group$.pipe(bufferTime(30_000))))`, which emits empty batches for ever, runs
 * a timer for each group that there ever was, and knows neither an interval after a wait nor what is still open.
 *
 * @param by the group of a value: a string, a number, or any value with an identity.
 * @throws RangeError, TypeError for bad options, when the operator is created; they name the option.
 *
 * @example
 * alerts$.pipe(group((alert) => alert.service, {
 *   key: (alert) => alert.id,
 *   waitMs: 30_000,
 *   intervalMs: 300_000,
 *   repeatMs: 14_400_000,
 *   urgent: (alert) => alert.severity === 'critical',
 *   resolved: (alert) => alert.state === 'resolved',
 * })).subscribe(({ key, members, sequence }) => notify(members, `${key}:${sequence}`));
 *
 * @example
 * // One mail with at most ten orders, ten seconds after the first, and at most one a minute.
 * orders$.pipe(group((order) => order.customer, {
 *   key: (order) => order.id, waitMs: 10_000, intervalMs: 60_000, maxMembers: 10,
 * })).subscribe(({ members, more }) => mail(members, more > 0 ? `and ${more} more` : ''));
 */
export function group<T, G, K>(
  by: (value: T) => G,
  options: GroupOptions<T, G, K>,
): OperatorFunction<T, GroupBatch<T, G>> {
  functionOption('group.by', by);
  checkGroup('group', options);
  functionOption('group.key', options.key);
  if (options.urgent !== undefined) functionOption('group.urgent', options.urgent);
  if (options.resolved !== undefined) functionOption('group.resolved', options.resolved);
  if (options.repeatMs !== undefined && options.resolved === undefined) {
    throw new TypeError('group.repeatMs needs group.resolved: without it no member is open, and nothing is told again');
  }
  const common = operationOptions('group', options);
  return operate((out) => new GroupOperation(out, common, by, options));
}

class GroupOperation<T, G, K> extends TimedOperation<T, GroupBatch<T, G>, GroupSide<T, G>, GroupBatch<T, G>> {
  protected override readonly kernel: GroupKernel<T, G, K>;
  private readonly by: (value: T) => G;
  private readonly key: (value: T) => K;
  private readonly urgent: ((value: T) => boolean) | undefined;
  private readonly resolved: ((value: T) => boolean) | undefined;

  constructor(
    out: Subscriber<GroupBatch<T, G>>,
    common: OperationOptions<GroupSide<T, G>>,
    by: (value: T) => G,
    options: GroupOptions<T, G, K>,
  ) {
    super(out, common);
    this.by = by;
    this.key = options.key;
    this.urgent = options.urgent;
    this.resolved = options.resolved;
    const { side } = this;
    const onDrop = side && ((dropped: GroupReplaced<T, G> | GroupOmitted<T, G>) => side.next(dropped));
    this.kernel = this.restored(options.state, (initial) => new GroupKernel({ ...options, onDrop }, initial));
    this.timer.armAt(this.kernel.nextDue());
  }

  protected override onNext(value: T): void {
    let group: G;
    let key: K;
    let open: boolean;
    let urgent: boolean;
    try {
      group = this.by(value);
      key = this.key(value);
      open = this.resolved !== undefined && !this.resolved(value);
      urgent = this.urgent?.(value) ?? false;
    } catch (error) {
      this.callbackFailed(error, value);
      return;
    }
    const now = this.scheduler.now();
    this.attend(now);
    if (this.closed) return;
    const verdict = this.kernel.process(group, key, value, now, open, urgent);
    if (verdict !== 'held') this.reject(group, value, verdict);
    this.attend(now);
  }

  protected override onComplete(): void {
    this.announce(this.kernel.flush(this.scheduler.now()));
  }

  protected override report(batch: GroupBatch<T, G>): void {
    this.out.next(batch);
  }

  private reject(key: G, value: T, reason: Exclude<GroupVerdict, 'held'>): void {
    this.side?.next({ kind: 'rejected', key, value, reason });
  }
}
