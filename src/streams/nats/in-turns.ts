import { TurnQueue } from '../turn-queue.js';

/** Writers that go on in one turn of the loop. */
const perTurn = 100;

/**
 * A connection hands over the answers to thousands of writes at once, and each lets its writer go on, decide, and write
 * again. Whoever awaits this after its answer goes on in order, so many in one turn of the loop.
 */
export function inTurns(): () => Promise<void> {
  const goOn = (resolve: () => void) => resolve();
  const waiting = new TurnQueue<() => void>({
    ...{ perTurn, maxWaiting: Number.POSITIVE_INFINITY },
    ...{ handle: goOn, refuse: goOn },
  });
  return () => new Promise((resolve) => waiting.push(resolve));
}
