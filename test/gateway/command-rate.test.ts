import { describe, expect, it } from 'vitest';
import { commandRate } from '../../src/gateway/command-rate.js';
import { defaultGatewayLimits } from '../../src/model/limits.js';

describe('the rate of commands', () => {
  it('is a burst at once, then so many a second, for each session by itself', () => {
    const rate = commandRate({ ...defaultGatewayLimits, commandsPerSecond: 10, commandBurst: 3 });
    const admitted = (now: number) => [1, 2, 3, 4].map(() => rate.process('a', now).admitted);
    expect(admitted(0)).toEqual([true, true, true, false]);
    expect(rate.process('b', 0).admitted).toBe(true);
    expect(admitted(1_000)).toEqual([true, true, true, false]);
    expect(rate.process('a', 1_050).retryAt).toBe(1_100);
  });

  it.each([
    [1, 1],
    [1_000_000_000, 1_000_000_000],
    [3, 7],
  ])('can be %i a second with a burst of %i', (commandsPerSecond, commandBurst) => {
    const rate = commandRate({ ...defaultGatewayLimits, commandsPerSecond, commandBurst });
    expect(rate.process('a', 0).admitted).toBe(true);
  });
});
