import { RateLimiterMemory } from 'rate-limiter-flexible';
import {
  distinct,
  groupBy,
  identity,
  interval,
  type MonoTypeOperatorFunction,
  mergeMap,
  Subject,
  throttleTime,
} from 'rxjs';
import { dedupe } from '../src/operators/dedupe.js';
import { rateLimit } from '../src/operators/rate-limit.js';
import { RateLimitKernel } from '../src/operators/rate-limit-kernel.js';
import { bytesHeld, least, type Row, randomFrom, type Scenario, turnCpuMs } from './harness.js';

const minute = 60_000;
/** Two windows, as alerts have by default. */
const windows = [
  { max: 10, perMs: minute },
  { max: 100, perMs: 60 * minute },
];

/** Something that takes keys one by one. */
interface Taker {
  take(key: string): unknown;
  /** Resolves when all that was taken is done. */
  settle(): Promise<void>;
  stop(): void;
}

interface Candidate {
  readonly name: string;
  readonly kind: 'ours' | 'control';
  /** Prefix of its budgets. */
  readonly budget?: string;
  readonly start: () => Taker;
}

const candidates: readonly Candidate[] = [
  operator('rateLimit, gcra', 'gcra', rateLimit(identity, { windows: windows.slice(0, 1), algorithm: 'gcra' })),
  operator('rateLimit, exact', 'exact', rateLimit(identity, { windows })),
  operator('dedupe', 'dedupe', dedupe(identity, { windowMs: 5 * minute })),
  operator('groupBy + throttleTime', undefined, throttledGroups()),
  operator('distinct, flushed', undefined, distinct<string, string>(identity, interval(5 * minute))),
  { name: 'rate-limiter-flexible', kind: 'control', start: flexibleLimiter },
];

export const scenario: Scenario = {
  id: 'B7',
  title: 'operators by number of keys',
  quick: false,
  async run({ quick, log }) {
    const sizes = quick ? [1_000, 10_000] : [1_000, 10_000, 100_000];
    const rows: Row[] = [];
    for (const candidate of candidates) {
      log(candidate.name);
      for (const size of sizes) rows.push(...(await measure(candidate, size, size === sizes.at(-1))));
    }
    return [...rows, ...ratios(rows), expiry(quick ? 100_000 : 1_000_000)];
  },
};

async function measure(candidate: Candidate, size: number, isLargest: boolean): Promise<Row[]> {
  const keys = Array.from({ length: size }, (_, n) => `series ${n}`);
  const fresh = await lifetimes(candidate, keys, isLargest ? 3 : 1);
  const row = (name: string, unit: string, value: number, budget: string): Row => ({
    name: `${candidate.name}: ${name}, ${size} keys`,
    value,
    unit,
    kind: candidate.kind,
    ...(isLargest && candidate.budget !== undefined ? { budgetKey: `B7.${candidate.budget}_${budget}` } : {}),
  });
  const event = row('an event', 'ns', await eventNs(candidate, keys), 'event_ns');
  if (!isLargest) return [event];
  return [
    event,
    row('a new key', 'ns', fresh.createNs, 'create_ns'),
    row('memory a key', 'B', fresh.bytes / size, 'bytes'),
    row('unsubscribe', 'ms', fresh.stopMs, 'stop_ms'),
  ];
}

/** The least of some rounds: start, one event of each key, stop. */
async function lifetimes(candidate: Candidate, keys: readonly string[], rounds: number) {
  const best = { createNs: Infinity, bytes: Infinity, stopMs: Infinity };
  for (let round = 0; round < rounds; round += 1) {
    const taker = candidate.start();
    const { bytes } = bytesHeld(() => {
      for (const key of keys) taker.take(key);
    });
    best.bytes = Math.min(best.bytes, bytes);
    await taker.settle();
    best.createNs = Math.min(best.createNs, await createNs(candidate, keys));
    const stoppedAt = performance.now();
    taker.stop();
    best.stopMs = Math.min(best.stopMs, performance.now() - stoppedAt);
  }
  return best;
}

async function createNs(candidate: Candidate, keys: readonly string[]): Promise<number> {
  const taker = candidate.start();
  const ns = await cpuNsEach(keys, taker);
  taker.stop();
  return ns;
}

/** CPU time, because the machine may be shared. */
async function cpuNsEach(keys: readonly string[], taker: Taker): Promise<number> {
  const before = process.cpuUsage();
  for (let index = 0; index < keys.length; index += 1) {
    taker.take(keys[index]!);
    if (index % 1_000 === 999) await taker.settle();
  }
  await taker.settle();
  const { user, system } = process.cpuUsage(before);
  return ((user + system) * 1_000) / keys.length;
}

/** Events of known keys in random order; nearly all of them are held back. */
async function eventNs(candidate: Candidate, keys: readonly string[]): Promise<number> {
  const random = randomFrom(7);
  const order = Array.from({ length: 250_000 }, () => keys[Math.floor(random() * keys.length)]!);
  const taker = candidate.start();
  for (const key of keys) taker.take(key);
  await taker.settle();
  let best = Infinity;
  for (let round = 0; round < 10; round += 1) best = Math.min(best, await cpuNsEach(order, taker));
  taker.stop();
  return best;
}

function operator(name: string, budget: string | undefined, apply: MonoTypeOperatorFunction<string>): Candidate {
  const start = () => {
    const source$ = new Subject<string>();
    const subscription = source$.pipe(apply).subscribe();
    return {
      take: (key: string) => source$.next(key),
      settle: () => Promise.resolve(),
      stop: () => subscription.unsubscribe(),
    };
  };
  return { name, start, kind: budget === undefined ? 'control' : 'ours', ...(budget === undefined ? {} : { budget }) };
}

function throttledGroups(): MonoTypeOperatorFunction<string> {
  return (source) =>
    source.pipe(
      groupBy(identity),
      mergeMap((group) => group.pipe(throttleTime(minute))),
    );
}

/** Its answers are promises. */
function flexibleLimiter(): Taker {
  const limiter = new RateLimiterMemory({ points: 10, duration: 60 });
  const ignore = () => {};
  let last: Promise<unknown> = Promise.resolve();
  return {
    take: (key) => {
      last = limiter.consume(key).then(ignore, ignore);
      return last;
    },
    settle: async () => void (await last),
    stop: ignore,
  };
}

function ratios(rows: readonly Row[]): Row[] {
  const value = (start: string) => rows.findLast((row) => row.name.startsWith(start))!.value;
  const ratio = (name: string, what: string, budgetKey: string): Row => ({
    name,
    value: value(`groupBy + throttleTime: ${what}`) / value(`rateLimit, gcra: ${what}`),
    unit: '×',
    kind: 'ratio',
    budgetKey,
  });
  return [
    ratio('rateLimit, gcra: faster than groupBy + throttleTime', 'an event', 'B7.event_ratio'),
    ratio('rateLimit, gcra: less memory than groupBy + throttleTime', 'memory', 'B7.memory_ratio'),
    ratio('rateLimit, gcra: faster to create than groupBy + throttleTime', 'a new key', 'B7.create_ratio'),
  ];
}

function expiry(size: number): Row {
  const value = least(3, () => {
    const kernel = new RateLimitKernel<number>({ windows: [{ max: 1, perMs: 1_000 }], maxKeys: size });
    for (let key = 0; key < size; key += 1) kernel.process(key, 0);
    let longest = 0;
    const turn = () => void kernel.advance(10_000);
    while (kernel.size > 0) longest = Math.max(longest, turnCpuMs(turn));
    return longest;
  });
  const name = `rateLimit: all of ${size} keys expire at one moment, longest turn`;
  return { name, value, unit: 'ms CPU', kind: 'ours', budgetKey: 'B7.stall_ms' };
}
