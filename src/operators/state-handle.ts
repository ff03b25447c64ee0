/** What a handle reads from: a kernel. */
export interface StateSource<S> {
  snapshot(): S;
}

/**
 * Carries the state of one operator over a restart: the subscription starts from the state given here, and `snapshot()`
 * reads it while subscribed. A snapshot is a plain, versioned object; it is JSON as far as the keys are.
 *
 * A handle serves one subscription at a time; a second one errors.
 *
 * @example
 * const state = new StateHandle<RateLimitSnapshot<string>>(savedByTheLastRun);
 * requests$.pipe(rateLimit(byUser, { windows: [{ max: 10, perMs: 60_000 }], state })).subscribe(serve);
 * save(state.snapshot());
 */
export class StateHandle<S> {
  /** What is subscribed now. */
  protected source: StateSource<S> | undefined;
  private readonly initial: S | undefined;

  constructor(initial?: S) {
    this.initial = initial;
  }

  /** State as it is now; `undefined` while nothing is subscribed. */
  snapshot(): S | undefined {
    return this.source?.snapshot();
  }

  /** For operators: builds the source from the initial state, and lets `snapshot()` read it until `detach()`. */
  attach<Source extends StateSource<S>>(build: (initial: S | undefined) => Source): Source {
    if (this.source !== undefined) throw new Error('this StateHandle already serves a subscription');
    this.source = this.built(build);
    return this.source as Source;
  }

  /** For operators: on unsubscribe, completion and error. */
  detach(): void {
    this.source = undefined;
  }

  /** A state that is none, or of another operator, breaks somewhere inside: say what it was. */
  private built<Source>(build: (initial: S | undefined) => Source): Source {
    const initial = this.initial ?? undefined;
    try {
      return build(initial);
    } catch (cause) {
      if (initial === undefined || cause instanceof RangeError) throw cause;
      const message = cause instanceof Error ? cause.message : String(cause);
      throw new RangeError(`the state given is not one of this operator (${message})`, { cause });
    }
  }
}

/** Throws `RangeError` for a snapshot that this version of `operator` cannot read. */
export function requireVersion(operator: string, snapshot: { readonly version: unknown }, version: number): void {
  if (snapshot.version === version) return;
  throw new RangeError(`${operator}: a state of version ${String(snapshot.version)} cannot be read, only ${version}`);
}
