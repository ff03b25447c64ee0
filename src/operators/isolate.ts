import type { OperatorFunction, Subscriber } from 'rxjs';
import { Operation, type OperationOptions, operate, operationOptions } from './adapter/operation.js';
import { functionOption, objectOption } from './options.js';
import type { FailedSide, SideObserver } from './side.js';

export interface IsolateOptions<T> {
  /** Hears of each value on which `project` throws, and of the error. */
  readonly side: SideObserver<FailedSide<T>>;
}

/**
 * Maps values like `map`, but a `project` that throws costs its own value only: value and error go to `side`, and the
 * stream lives on.
 *
 * ```text
 * source  a-b-c-|    project: (value) => { if (value === 'b') throw 'no'; return value; }
 * output  a---c-|
 * side    --f----    f: { kind: 'failed', value: 'b', error: 'no' }
 * ```
 *
 * It runs at once, has no state and no timer, and so no kernel: without RxJS it is a `try` and a `catch`. What the
 * returned value does later, such as a promise that rejects, is not its matter.
 *
 * | When | What happens |
 * |---|---|
 * | `project` throws | `side` gets `failed` with the value and the error; nothing is emitted for it |
 * | the source completes | the output completes |
 * | the source errors | the error is forwarded at once |
 * | `side.next` throws | the output errors: there is nowhere else left to say it |
 *
 * Cost: that of `project`. Memory: none.
 *
 * Replaces `mergeMap((value) => defer(() => of(project(value))).pipe(catchError(report)))`, five subscriptions a value,
 * and `map(project)` with `retry()` behind it, which subscribes to the source anew and so loses or repeats values.
 *
 * @param project what to make of a value; `index` counts the values of the source from 0.
 * @throws TypeError for bad options, when the operator is created; it names the option.
 *
 * @example
 * const failed$ = new Subject<FailedSide<string>>();
 * lines$.pipe(isolate((line) => JSON.parse(line) as unknown, { side: failed$ })).subscribe(handle);
 *
 * @example
 * const broken: unknown[] = [];
 * metrics$.pipe(isolate((metric, index) => ({ index, ...decode(metric) }), { side: { next: ({ error }) => broken.push(error) } }));
 */
export function isolate<T, R>(
  project: (value: T, index: number) => R,
  options: IsolateOptions<T>,
): OperatorFunction<T, R> {
  functionOption('isolate.project', project);
  objectOption('isolate', options);
  objectOption('isolate.side', options.side);
  const common = operationOptions<FailedSide<T>>('isolate', { side: options.side, onError: 'skip' });
  return operate((out) => new IsolateOperation(out, common, project));
}

class IsolateOperation<T, R> extends Operation<T, R, FailedSide<T>> {
  private readonly project: (value: T, index: number) => R;
  private index = 0;

  constructor(out: Subscriber<R>, common: OperationOptions<FailedSide<T>>, project: (value: T, index: number) => R) {
    super(out, common);
    this.project = project;
  }

  protected override onNext(value: T): void {
    let result: R;
    try {
      result = this.project(value, this.index++);
    } catch (error) {
      this.callbackFailed(error, value);
      return;
    }
    this.out.next(result);
  }

  /** Nothing here waits. */
  protected override onTick(): void {}
}
