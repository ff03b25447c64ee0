import type { Subscriber } from 'rxjs';
import { KernelOperation } from './kernel-operation.js';
import type { OperationOptions } from './operation.js';

/** An {@link Operation} that passes a value or drops it, as its kernel decides about what `keyOf` reads from it. */
export abstract class AdmissionOperation<
  T,
  K,
  V extends { readonly admitted: boolean },
  S,
  N extends S,
> extends KernelOperation<T, S, N> {
  private readonly summary: ((notice: N) => T) | undefined;

  /** `summary` makes a value of the output of what the kernel says by itself. */
  constructor(out: Subscriber<T>, common: OperationOptions<S>, summary?: (notice: N) => T) {
    super(out, common);
    this.summary = summary;
  }

  /** Calls what the user gave to read a value: it may throw. */
  protected abstract keyOf(value: T): K;

  /** Asks the kernel, which acts on its own answer. */
  protected abstract decide(key: K, now: number): V;

  /** What `side` hears of a value that was dropped. */
  protected abstract dropped(key: K, value: T, verdict: V): S;

  protected override onNext(value: T): void {
    let key: K;
    try {
      key = this.keyOf(value);
    } catch (error) {
      this.callbackFailed(error, value);
      return;
    }
    const now = this.scheduler.now();
    const verdict = this.decide(key, now);
    this.attend(now);
    if (verdict.admitted) this.out.next(value);
    else if (this.side !== undefined && !this.closed) this.side.next(this.dropped(key, value, verdict));
  }

  protected override report(notice: N): void {
    super.report(notice);
    if (this.summary !== undefined && !this.closed) this.summarize(this.summary, notice);
  }

  private summarize(summary: (notice: N) => T, notice: N): void {
    let value: T;
    try {
      value = summary(notice);
    } catch (error) {
      this.callbackFailed(error);
      return;
    }
    this.out.next(value);
  }
}
