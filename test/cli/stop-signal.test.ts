import { EventEmitter } from 'node:events';
import { describe, expect, it } from 'vitest';
import { watchStopSignal } from '../../src/cli/stop-signal.js';

describe('signals that ask to stop', () => {
  it('the first one asks for a graceful stop', async () => {
    const { source, signal } = watched();
    source.emit('SIGTERM', 'SIGTERM');
    await expect(signal.requested).resolves.toBe('SIGTERM');
  });

  it('one key press that arrives twice, from the terminal and from npm, is one wish', async () => {
    const { source, signal, advance } = watched();
    source.emit('SIGINT', 'SIGINT');
    advance(20);
    source.emit('SIGINT', 'SIGINT');
    await expect(Promise.race([signal.insisted, nextTurn()])).resolves.toBe('not yet');
  });

  it('a later second one insists', async () => {
    const { source, signal, advance } = watched();
    source.emit('SIGINT', 'SIGINT');
    advance(1_000);
    source.emit('SIGTERM', 'SIGTERM');
    await expect(signal.insisted).resolves.toBe('SIGTERM');
  });

  it('dispose leaves no listener behind', () => {
    const { source, signal } = watched();
    signal.dispose();
    expect(source.eventNames()).toEqual([]);
  });
});

function watched() {
  let now = 0;
  const source = new EventEmitter();
  const signal = watchStopSignal(source, () => now);
  const advance = (ms: number) => {
    now += ms;
  };
  return { source, signal, advance };
}

function nextTurn(): Promise<string> {
  return new Promise((resolve) => setImmediate(() => resolve('not yet')));
}
