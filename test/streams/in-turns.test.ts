import { describe, expect, it } from 'vitest';
import { inTurns } from '../../src/streams/nats/in-turns.js';

const turn = () => new Promise((resolve) => setImmediate(resolve));

describe('writers whose answers come at once', () => {
  it('B11 go on in order, a hundred in a turn of the loop', async () => {
    const myTurn = inTurns();
    const gone: number[] = [];
    for (let writer = 0; writer < 250; writer++) void myTurn().then(() => gone.push(writer));
    const counts: number[] = [];
    for (let turns = 0; turns < 4; turns++) {
      await Promise.resolve();
      counts.push(gone.length);
      await turn();
    }
    expect(counts).toEqual([100, 200, 250, 250]);
    expect(gone).toEqual(Array.from({ length: 250 }, (_, writer) => writer));
  });
});
