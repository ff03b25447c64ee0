/** Time and turns, so that the whole gateway but its sockets can run in virtual time. */
export interface Loop {
  /** Milliseconds on a clock that never steps. */
  now(): number;
  /** Wall time, epoch milliseconds. */
  wall(): number;
  /** Runs `task` once after `ms`; returns what cancels it. */
  later(ms: number, task: () => void): () => void;
  /** Runs `task` when what this turn has read is dealt with. */
  soon(task: () => void): void;
}

export const systemLoop: Loop = {
  now: () => performance.now(),
  wall: () => Date.now(),
  later(ms, task) {
    const timer = setTimeout(task, ms);
    return () => clearTimeout(timer);
  },
  soon(task) {
    setImmediate(task);
  },
};

/** Calls `task` every `ms` until the returned function is called. */
export function every(loop: Loop, ms: number, task: () => void): () => void {
  let cancel = loop.later(ms, tick);
  function tick(): void {
    cancel = loop.later(ms, tick);
    task();
  }
  return () => cancel();
}
