import type { NatsConnection } from 'nats';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { startHeartbeat } from '../../src/streams/nats/heartbeat.js';

/** A connection of which the test says what comes over it. */
function createConnection() {
  const answers: (() => void)[] = [];
  const state = { inMsgs: 0, dials: 0, connected: true };
  const nc = {
    stats: () => ({ inMsgs: state.inMsgs }),
    flush: () => new Promise<void>((resolve) => answers.push(resolve)),
    reconnect: async () => void state.dials++,
  };
  return { state, answers, stop: startHeartbeat(nc as unknown as NatsConnection, () => state.connected) };
}

describe('the heartbeat of a NATS connection', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it('leaves a connection alone over which messages come, though the answers stand in line behind them', async () => {
    const { state } = createConnection();
    for (let second = 0; second < 120; second++) {
      state.inMsgs += 1;
      await vi.advanceTimersByTimeAsync(1_000);
    }
    expect(state.dials).toBe(0);
  });

  it('leaves a connection alone over which nothing comes but answers', async () => {
    const { state, answers } = createConnection();
    for (let second = 0; second < 120; second++) {
      for (const answer of answers.splice(0)) answer();
      await vi.advanceTimersByTimeAsync(1_000);
    }
    expect(state.dials).toBe(0);
  });

  it('dials again after 15 s without a sign of life, and again when that did not help', async () => {
    const { state } = createConnection();
    await vi.advanceTimersByTimeAsync(14_999);
    expect(state.dials).toBe(0);
    await vi.advanceTimersByTimeAsync(1);
    expect(state.dials).toBe(1);
    await vi.advanceTimersByTimeAsync(15_000);
    expect(state.dials).toBe(2);
  });

  it('leaves dialling to the library while it does that, and then counts anew', async () => {
    const { state } = createConnection();
    await vi.advanceTimersByTimeAsync(10_000);
    state.connected = false;
    await vi.advanceTimersByTimeAsync(60_000);
    state.connected = true;
    await vi.advanceTimersByTimeAsync(14_999);
    expect(state.dials).toBe(0);
    await vi.advanceTimersByTimeAsync(1);
    expect(state.dials).toBe(1);
  });

  it('ends when it is told to', async () => {
    const { state, stop } = createConnection();
    stop();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(state.dials).toBe(0);
  });
});
