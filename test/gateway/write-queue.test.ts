import { describe, expect, it } from 'vitest';
import { type Flushable, WriteQueue } from '../../src/gateway/write-queue.js';
import { VirtualLoop } from '../support/virtual-loop.js';

/** A client that notes when it was served, and takes `costMs` of the turn for it. */
class Client implements Flushable {
  queued: Flushable['queued'] = 'no';
  readonly name: string;
  readonly #served: string[];
  readonly #work: () => void;

  constructor(name: string, served: string[], work: () => void = () => {}) {
    this.name = name;
    this.#served = served;
    this.#work = work;
  }

  flush(): void {
    this.#served.push(this.name);
    this.#work();
  }
}

/** A loop whose turns are run one by one. */
class StepLoop extends VirtualLoop {
  readonly turns: (() => void)[] = [];
  clock = 0;

  override soon(task: () => void): void {
    this.turns.push(task);
  }

  override now(): number {
    return this.clock;
  }

  step(): void {
    this.turns.shift()?.();
  }
}

function setUp() {
  const loop = new StepLoop();
  const errors: unknown[] = [];
  const served: string[] = [];
  return { loop, errors, served, queue: new WriteQueue(loop, (error) => errors.push(error)) };
}

describe('write queue', () => {
  it('serves those with alerts first, then what makes clients ready, then the others', () => {
    const { loop, served, queue } = setUp();
    queue.regular(new Client('metrics', served));
    queue.work(() => served.push('work'));
    queue.urgent(new Client('alerts', served));
    loop.step();
    expect(served).toEqual(['alerts', 'work', 'metrics']);
  });

  it('serves a client once however often it asks', () => {
    const { loop, served, queue } = setUp();
    const client = new Client('a', served);
    for (let i = 0; i < 3; i++) queue.regular(client);
    loop.step();
    queue.regular(client);
    loop.step();
    expect(served).toEqual(['a', 'a']);
  });

  it('serves at most 256 clients in one turn', () => {
    const { loop, served, queue } = setUp();
    for (let i = 0; i < 600; i++) queue.regular(new Client(String(i), served));
    const perTurn = [256, 512, 600].map(() => {
      loop.step();
      return served.length;
    });
    expect(perTurn).toEqual([256, 512, 600]);
    expect(served).toEqual(Array.from({ length: 600 }, (_, i) => String(i)));
    expect(loop.turns).toEqual([]);
  });

  it('ends a turn that takes longer than 4 ms', () => {
    const { loop, served, queue } = setUp();
    const slow = () => {
      loop.clock += 0.5;
    };
    for (let i = 0; i < 100; i++) queue.regular(new Client(String(i), served, slow));
    loop.step();
    expect(served.length).toBe(16);
    expect(loop.turns).toHaveLength(1);
  });

  it('lets an alert overtake in the middle of a long flush', () => {
    const { loop, served, queue } = setUp();
    for (let i = 0; i < 300; i++) queue.regular(new Client('metrics', served));
    loop.step();
    queue.urgent(new Client('alert', served));
    loop.step();
    expect(served[256]).toBe('alert');
  });

  it('F7 reports a client that cannot be written to, and serves the others', () => {
    const { loop, served, errors, queue } = setUp();
    const broken = new Client('broken', served, () => {
      throw new Error('gone');
    });
    queue.regular(broken);
    queue.regular(new Client('sound', served));
    loop.step();
    expect(served).toEqual(['broken', 'sound']);
    expect(errors).toHaveLength(1);
  });
});
