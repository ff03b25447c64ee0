/** Under npm one Ctrl-C arrives twice: from the terminal and from npm. Only a later one is a second wish. */
const samePressMs = 500;

const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

export interface StopSignal {
  /** Resolves with the name of the first signal. */
  readonly requested: Promise<NodeJS.Signals>;
  /** Resolves at the second one: stop at once. */
  readonly insisted: Promise<NodeJS.Signals>;
  /** Hands the signals back to node. */
  dispose(): void;
}

/** Watches for the signals that ask a process to end. `source` and `clock` (milliseconds) are for tests. */
export function watchStopSignal(
  source: Pick<NodeJS.EventEmitter, 'on' | 'off'> = process,
  clock: () => number = () => performance.now(),
): StopSignal {
  const { promise: requested, resolve: request } = deferred<NodeJS.Signals>();
  const { promise: insisted, resolve: insist } = deferred<NodeJS.Signals>();
  let first: number | undefined;
  const heard = (signal: NodeJS.Signals) => {
    first ??= clock();
    if (clock() - first > samePressMs) insist(signal);
    else request(signal);
  };
  for (const signal of signals) source.on(signal, heard);
  const dispose = () => {
    for (const signal of signals) source.off(signal, heard);
  };
  return { requested, insisted, dispose };
}

function deferred<T>(): { promise: Promise<T>; resolve: (value: T) => void } {
  let resolve!: (value: T) => void;
  const promise = new Promise<T>((done) => {
    resolve = done;
  });
  return { promise, resolve };
}
