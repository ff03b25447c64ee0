import { describe, expect, it } from 'vitest';
import { TurnQueue } from '../../src/streams/turn-queue.js';

function setUp({ perTurn = 2, maxWaiting = 3 } = {}) {
  const handled: number[] = [];
  const refused: number[] = [];
  const queue = new TurnQueue<number>({
    ...{ perTurn, maxWaiting },
    handle: (item) => void handled.push(item),
    refuse: (item) => void refused.push(item),
  });
  return { queue, handled, refused };
}

/** Immediates run in the order in which they were asked for: the one of the queue first. */
const turn = () => new Promise((resolve) => setImmediate(resolve));

describe('a queue that is worked off in turns', () => {
  it('B11 handles at once what one turn has room for, and the rest in the turns after it, in order', async () => {
    const { queue, handled } = setUp();
    for (const item of [1, 2, 3, 4, 5]) queue.push(item);
    expect(handled).toEqual([1, 2]);
    await turn();
    expect(handled).toEqual([1, 2, 3, 4]);
    queue.push(6);
    await turn();
    expect(handled).toEqual([1, 2, 3, 4, 5, 6]);
  });

  it('B11 hands over an item at once again when a turn has passed', async () => {
    const { queue, handled } = setUp();
    for (const item of [1, 2]) queue.push(item);
    await turn();
    queue.push(3);
    expect(handled).toEqual([1, 2, 3]);
  });

  it('B11 lets nothing that comes later overtake what waits', async () => {
    const { queue, handled } = setUp({ perTurn: 1 });
    for (const item of [1, 2, 3]) queue.push(item);
    await turn();
    queue.push(4);
    expect(handled).toEqual([1, 2]);
    await turn();
    await turn();
    expect(handled).toEqual([1, 2, 3, 4]);
  });

  it('F8 refuses what is more than may wait', async () => {
    const { queue, handled, refused } = setUp();
    for (const item of [1, 2, 3, 4, 5, 6, 7]) queue.push(item);
    expect([handled, refused]).toEqual([
      [1, 2],
      [6, 7],
    ]);
    await turn();
    queue.push(8);
    await turn();
    expect(handled).toEqual([1, 2, 3, 4, 5, 8]);
  });

  it('F11 handles all that waits when it is flushed, and nothing twice', async () => {
    const { queue, handled } = setUp();
    for (const item of [1, 2, 3, 4]) queue.push(item);
    queue.flush();
    expect(handled).toEqual([1, 2, 3, 4]);
    await turn();
    expect(handled).toEqual([1, 2, 3, 4]);
  });
});
