import { describe, expect, it } from 'vitest';
import { resolveConfig } from '../src/config/index.js';
import { createEngine } from '../src/engine.js';
import { createMemoryDriver } from '../src/streams/memory.js';
import type { Driver } from '../src/streams/ports.js';
import { createDeferred } from './support/collector.js';

const config = resolveConfig({ nats: { inProcess: true } });

/** A driver that tells whether it was closed, and that answers the first question only when it is let. */
function slowDriver() {
  const driver = createMemoryDriver();
  const asked = createDeferred();
  const answer = createDeferred();
  const state = { closed: false };
  const slow: Driver = {
    ...driver,
    async assertNotCaptured() {
      asked.resolve();
      await answer.promise;
    },
    async close() {
      state.closed = true;
    },
  };
  return { driver: slow, asked: asked.promise, answer: answer.resolve, state };
}

function engineOn(driver: Driver | (() => Promise<Driver>)) {
  return createEngine({ config, driver, channels: new Map() });
}

describe('starting and stopping', () => {
  it('happen once each, however often they are asked for', async () => {
    const { driver, answer, state } = slowDriver();
    const engine = engineOn(driver);
    answer();
    await expect(Promise.all([engine.start(), engine.start()])).resolves.toEqual([{}, {}]);
    await Promise.all([engine.stop(), engine.stop()]);
    expect(state.closed).toBe(true);
  });

  it('F11 a stop while the driver is being opened closes it as soon as it is there', async () => {
    const { driver, answer, state } = slowDriver();
    const opening = createDeferred<Driver>();
    const engine = engineOn(() => opening.promise);
    const started = engine.start();
    await engine.stop();
    opening.resolve(driver);
    answer();
    await expect(started).rejects.toMatchObject({ code: 'stopping' });
    expect(state.closed).toBe(true);
  });

  it('F11 a stop while the state is being loaded leaves nobody listening', async () => {
    const { driver, asked, answer } = slowDriver();
    const engine = engineOn(driver);
    const started = engine.start();
    await asked;
    await engine.stop();
    answer();
    await expect(started).rejects.toMatchObject({ code: 'stopping' });
    const request = driver.control.request('tocsin.command.resolve', new Uint8Array(), { timeoutMs: 100 });
    await expect(request).rejects.toMatchObject({ code: 'bus_unavailable' });
  });

  it('an engine that was stopped does not start again', async () => {
    const { driver, answer } = slowDriver();
    const engine = engineOn(driver);
    answer();
    await engine.stop();
    await expect(engine.start()).rejects.toMatchObject({ code: 'stopping' });
  });

  it('a driver that cannot be had is why it does not start', async () => {
    const engine = engineOn(() => Promise.reject(new Error('no such server')));
    await expect(engine.start()).rejects.toThrow('no such server');
    await engine.stop();
  });
});
