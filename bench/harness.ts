/** What a scenario file (`bench/b<number>-<name>.ts`) exports as `scenario`. It runs in a process of its own. */
export interface Scenario {
  /** As in the table of budgets: `B1`. */
  readonly id: string;
  readonly title: string;
  /** Part of `npm run bench -- --quick`. */
  readonly quick: boolean;
  /** Tries until its budgets are kept, of which the best one counts: machines are shared. Default 3. */
  readonly attempts?: number;
  run(context: BenchContext): Promise<Row[]>;
}

export interface BenchContext {
  /** Shorter, so that the whole takes seconds. */
  readonly quick: boolean;
  /** Progress, for a person who waits. */
  log(line: string): void;
}

/** One measured figure. */
export interface Row {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  /** `control` is a peer or a naive way, measured in the same run; `ratio` compares both. */
  readonly kind: 'ours' | 'control' | 'ratio';
  /** Key in budgets.json that this figure has to keep. */
  readonly budgetKey?: string;
  /** Why there is no figure; the value is then not a number. */
  readonly note?: string;
  /** Its place in the tables of `docs/operators/benchmarks.md`. */
  readonly cell?: Cell;
}

export interface Cell {
  readonly operator: string;
  /** What there are `size` of: keys, rules. */
  readonly axis: string;
  /** Ours, or what ours is compared with. */
  readonly way: string;
  readonly question: string;
  readonly size: number;
}

export interface Distribution {
  readonly mean: number;
  readonly p50: number;
  readonly p99: number;
  readonly p999: number;
  readonly max: number;
}

/** Sorts `samples` in place. */
export function distribution(samples: Float64Array): Distribution {
  if (samples.length === 0) throw new RangeError('distribution: no samples');
  samples.sort();
  const at = (share: number) => samples[Math.min(samples.length - 1, Math.ceil(samples.length * share) - 1)]!;
  const mean = samples.reduce((sum, value) => sum + value, 0) / samples.length;
  return { mean, p50: at(0.5), p99: at(0.99), p999: at(0.999), max: samples[samples.length - 1]! };
}

/**
 * CPU nanoseconds for one of `count` operations that `run` does, garbage collection included; the least of `rounds`,
 * after one to warm up. CPU time, because others on the same cores would be counted by the clock.
 */
export function nanosecondsEach(count: number, run: () => void, rounds = 3): number {
  run();
  return least(rounds, () => (turnCpuMs(run) * 1e6) / count);
}

/**
 * CPU milliseconds of one turn of the loop: other processes on the same cores do not count. The usage of the process
 * has that of V8's helper threads in it, which hold up nobody; the loop's own thread cannot use more than the time that passed.
 */
export function turnCpuMs(work: () => void): number {
  const before = process.cpuUsage();
  const beganAt = performance.now();
  work();
  const passedMs = performance.now() - beganAt;
  const { user, system } = process.cpuUsage(before);
  return Math.min((user + system) / 1_000, passedMs);
}

/** Watches every turn of the loop until `stop`, which tells the CPU milliseconds of the longest, as {@link turnCpuMs} does. */
export function watchTurns(): { stop(): number } {
  let longest = 0;
  let before = process.cpuUsage();
  let beganAt = performance.now();
  const look = () => {
    const { user, system } = process.cpuUsage(before);
    longest = Math.max(longest, Math.min((user + system) / 1_000, performance.now() - beganAt));
    before = process.cpuUsage();
    beganAt = performance.now();
    handle = setImmediate(look);
  };
  let handle = setImmediate(look);
  return {
    stop() {
      clearImmediate(handle);
      return longest;
    },
  };
}

export function least(rounds: number, measure: () => number): number {
  let value = Infinity;
  for (let round = 0; round < rounds; round += 1) value = Math.min(value, measure());
  return value;
}

/** Bytes that `make` leaves in use, heap and typed arrays, while its result is held. Needs `--expose-gc`. */
export function bytesHeld<T>(make: () => T): { bytes: number; held: T } {
  const before = bytesInUse();
  const held = make();
  return { bytes: bytesInUse() - before, held };
}

export function bytesInUse(): number {
  if (global.gc === undefined) throw new Error('run with --expose-gc');
  global.gc();
  global.gc();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

/** Repeatable pseudo-random numbers in [0, 1): mulberry32. */
export function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
