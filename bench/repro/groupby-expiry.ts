/**
 * What happens when many groups of `groupBy` expire together.
 *
 *     npx tsx bench/repro/groupby-expiry.ts 100000
 *
 * Each run gives every key one value, waits until all keys have ended, and tells how much work their expiry was: in all,
 * and the longest turn of the event loop, which nothing else in the process could use. Milliseconds of CPU time, because
 * other processes on the same machine would be counted by the clock.
 *
 * `groupBy` keeps the subscriptions of its groups in an array and searches that array for each one that ends, so its work
 * grows with the square of the number of keys. Arguments are sizes, 20,000 and 50,000 by default, and `keyBy` or
 * `groupBy` to run only one of both.
 */
import { finalize, groupBy, identity, type MonoTypeOperatorFunction, mergeMap, Subject, timer } from 'rxjs';
import { keyBy } from '../../src/operators/key-by.js';

const idleMs = 2_000;

type Way = (inner: MonoTypeOperatorFunction<number>, keys: number) => MonoTypeOperatorFunction<number>;

const ways: Readonly<Record<string, Way>> = {
  keyBy: (inner, keys) => keyBy(identity<number>, (values$) => values$.pipe(inner), { idleMs, maxKeys: keys }),
  groupBy: (inner) => (source) =>
    source.pipe(
      groupBy(identity, { duration: () => timer(idleMs) }),
      mergeMap((values$) => values$.pipe(inner)),
    ),
};

const chosen = process.argv.slice(2).filter((argument) => Object.hasOwn(ways, argument));
const sizes = process.argv.slice(2).map(Number).filter(Number.isSafeInteger);

console.log('way     |    keys | fill, ms | expiry, ms | longest turn, ms');
for (const keys of sizes.length > 0 ? sizes : [20_000, 50_000]) {
  for (const name of chosen.length > 0 ? chosen : Object.keys(ways)) await run(name, keys);
}

async function run(name: string, keys: number): Promise<void> {
  let ended = 0;
  const source$ = new Subject<number>();
  const inner = finalize<number>(() => {
    ended += 1;
  });
  const subscription = source$.pipe(ways[name]!(inner, keys)).subscribe();
  const fillMs = cpuMs(() => {
    for (let key = 0; key < keys; key += 1) source$.next(key);
  });
  const { totalMs, longestMs } = await watchTurns(() => ended === keys);
  subscription.unsubscribe();
  console.log(
    [
      name.padEnd(7),
      String(keys).padStart(7),
      fillMs.toFixed(0).padStart(8),
      totalMs.toFixed(0).padStart(10),
      longestMs.toFixed(1).padStart(16),
    ].join(' | '),
  );
}

/** Adds up the turns of the loop until `isOver`. A turn without work takes some microseconds, and is left out. */
async function watchTurns(isOver: () => boolean): Promise<{ totalMs: number; longestMs: number }> {
  const leastTurnMs = 0.2;
  let [totalMs, longestMs] = [0, 0];
  let before = process.cpuUsage();
  for (let over = false; !over; ) {
    over = isOver();
    await new Promise(setImmediate);
    const turnMs = millisecondsSince(before);
    before = process.cpuUsage();
    if (turnMs > leastTurnMs) totalMs += turnMs;
    longestMs = Math.max(longestMs, turnMs);
  }
  return { totalMs, longestMs };
}

function cpuMs(work: () => void): number {
  const before = process.cpuUsage();
  work();
  return millisecondsSince(before);
}

function millisecondsSince(before: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1_000;
}
