import { deferred } from './deferred.js';

/** Under npm one Ctrl-C arrives twice: from the terminal and from npm. Only a later one is a second wish. */
const samePressMs = 500;

const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** What a command that runs until stopped waits for. */
export interface Stop {
  /** Resolves at the first wish to stop. */
  readonly requested: Promise<unknown>;
}

export interface StopSignal extends Stop {
  /** Resolves at the second: stop at once. */
  readonly insisted: Promise<unknown>;
  /** From now on SIGHUP is no wish to stop: it calls this. */
  onHangUp(take: () => void): void;
  /** Hands the signals back to node. */
  dispose(): void;
}

/** Watches for the signals that ask a process to end. `source` and `clock` (milliseconds) are for tests. */
export function watchStopSignal(
  source: Pick<NodeJS.EventEmitter, 'on' | 'off'> = process,
  clock: () => number = () => performance.now(),
): StopSignal {
  const requested = deferred<NodeJS.Signals>();
  const insisted = deferred<NodeJS.Signals>();
  let first: number | undefined;
  let hungUp: (() => void) | undefined;
  const heard = (signal: NodeJS.Signals) => {
    if (signal === 'SIGHUP' && hungUp !== undefined) return hungUp();
    first ??= clock();
    if (clock() - first > samePressMs) insisted.resolve(signal);
    else requested.resolve(signal);
  };
  for (const signal of signals) source.on(signal, heard);
  const dispose = () => {
    for (const signal of signals) source.off(signal, heard);
  };
  const onHangUp = (take: () => void) => {
    hungUp = take;
  };
  return { requested: requested.promise, insisted: insisted.promise, onHangUp, dispose };
}
