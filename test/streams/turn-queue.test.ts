import { VirtualTimeScheduler } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { TurnQueue } from '../../src/streams/turn-queue.js';

function setUp({ perTurn = 2, maxWaiting = 3 } = {}) {
  const scheduler = new VirtualTimeScheduler();
  const handled: number[] = [];
  const refused: number[] = [];
  const queue = new TurnQueue<number>({
    ...{ scheduler, perTurn, maxWaiting },
    handle: (item) => void handled.push(item),
    refuse: (item) => void refused.push(item),
  });
  const turn = () => {
    const action = scheduler.actions.shift();
    action?.execute(action.state, 0);
  };
  return { queue, handled, refused, turn, scheduler };
}

describe('a queue that is worked off in turns', () => {
  it('B11 handles at once what one turn has room for, and the rest in the turns after it, in order', () => {
    const { queue, handled, turn } = setUp();
    for (const item of [1, 2, 3, 4, 5]) queue.push(item);
    expect(handled).toEqual([1, 2]);
    turn();
    expect(handled).toEqual([1, 2, 3, 4]);
    queue.push(6);
    turn();
    expect(handled).toEqual([1, 2, 3, 4, 5, 6]);
  });

  it('B11 hands over an item at once again when a turn has passed', () => {
    const { queue, handled, turn, scheduler } = setUp();
    for (const item of [1, 2]) queue.push(item);
    turn();
    queue.push(3);
    expect(handled).toEqual([1, 2, 3]);
    turn();
    expect(scheduler.actions).toEqual([]);
  });

  it('B11 lets nothing that comes later overtake what waits', () => {
    const { queue, handled, turn } = setUp({ perTurn: 1 });
    for (const item of [1, 2, 3]) queue.push(item);
    turn();
    queue.push(4);
    expect(handled).toEqual([1, 2]);
    turn();
    turn();
    expect(handled).toEqual([1, 2, 3, 4]);
  });

  it('F8 refuses what is more than may wait', () => {
    const { queue, handled, refused, turn } = setUp();
    for (const item of [1, 2, 3, 4, 5, 6, 7]) queue.push(item);
    expect([handled, refused]).toEqual([
      [1, 2],
      [6, 7],
    ]);
    turn();
    queue.push(8);
    turn();
    expect(handled).toEqual([1, 2, 3, 4, 5, 8]);
  });

  it('F11 handles all that waits when it is flushed, and nothing twice', () => {
    const { queue, handled, scheduler, turn } = setUp();
    for (const item of [1, 2, 3, 4]) queue.push(item);
    queue.flush();
    expect(handled).toEqual([1, 2, 3, 4]);
    while (scheduler.actions.length > 0) turn();
    expect(handled).toEqual([1, 2, 3, 4]);
  });
});
