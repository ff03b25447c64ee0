import { describe, expect, it } from 'vitest';
import { Closers } from '../../src/cli/closers.js';

describe('what was opened', () => {
  it('is closed last in first out, each after the one before has ended', async () => {
    const order: string[] = [];
    const closers = new Closers();
    closers.add(() => order.push('server'));
    closers.add(async () => {
      await new Promise((resolve) => setImmediate(resolve));
      order.push('engine');
    });
    await closers.close();
    expect(order).toEqual(['engine', 'server']);
  });

  it('is closed to the end although one step fails, and the failure is told', async () => {
    const order: string[] = [];
    const closers = new Closers();
    closers.add(() => order.push('server'));
    closers.add(() => Promise.reject(new Error('engine stuck')));
    await expect(closers.close()).rejects.toThrow('engine stuck');
    expect(order).toEqual(['server']);
  });

  it('is closed once, however often it is asked', async () => {
    let closed = 0;
    const closers = new Closers();
    closers.add(() => {
      closed++;
    });
    await closers.close();
    await closers.close();
    expect(closed).toBe(1);
  });
});
