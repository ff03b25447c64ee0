import { BehaviorSubject } from 'rxjs';
import { describe, expect, it } from 'vitest';
import type { BusStatus } from '../src/streams/ports.js';
import { startTestEngine } from './support/engine.js';
import { failingDriver } from './support/failing-log.js';
import { cpu } from './support/rules.js';

const minute = 60_000;

async function started(config: object) {
  const { driver, clock } = failingDriver();
  const status$ = new BehaviorSubject<BusStatus>('connected');
  const bus = new Proxy(driver.bus, {
    get(target, name) {
      const value = name === 'status$' ? status$ : (Reflect.get(target, name) as unknown);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
  const test = await startTestEngine(config, { driver: { ...driver, bus }, clock, unsettled: true });
  return { test, status$ };
}

describe('while ingest is disconnected', () => {
  it('F2 no series is missed, nor for one `staleAfter` after it is back', async () => {
    const { test, status$ } = await started({ rules: [{ ...cpu, staleAfter: '5m', noData: 'alert' }] });
    await test.sample('cpu.usage', 10);
    status$.next('disconnected');
    await test.advance(20 * minute);
    status$.next('connected');
    await test.advance(4 * minute);
    expect(test.story()).toEqual([]);
    await test.advance(2 * minute);
    expect(test.story()).toEqual(['opened no_data']);
  });

  it('F2 nothing that fires is resolved for want of data', async () => {
    const { test, status$ } = await started({ rules: [{ ...cpu, staleAfter: '5m', noData: 'resolve' }] });
    await test.sample('cpu.usage', 91);
    status$.next('disconnected');
    await test.advance(20 * minute);
    status$.next('connected');
    await test.advance(4 * minute);
    expect(test.story()).toEqual(['opened rule_fired']);
    await test.advance(2 * minute);
    expect(test.story()).toEqual(['opened rule_fired', 'resolved no_data']);
  });

  it('F2 no source is absent, nor for one `absent` after it is back', async () => {
    const { test, status$ } = await started({
      rules: [{ id: 'gone', name: 'Gone', metric: 'cpu.usage', absent: '5m' }],
    });
    await test.sample('cpu.usage', 10);
    status$.next('disconnected');
    await test.advance(20 * minute);
    status$.next('connected');
    await test.advance(4 * minute);
    expect(test.story()).toEqual([]);
    await test.advance(2 * minute);
    expect(test.story()).toEqual(['opened absent']);
  });

  it('F2 a window that reaches back into it says that it is partial', async () => {
    const { test, status$ } = await started({ rules: [{ ...cpu, window: { fn: 'avg', over: '10m' } }] });
    for (let i = 0; i < 6; i++) {
      await test.sample('cpu.usage', 50, 'web-1');
      await test.sample('cpu.usage', 50, 'web-2');
      await test.advance(minute);
    }
    status$.next('disconnected');
    await test.advance(minute);
    status$.next('connected');
    await test.sample('cpu.usage', 2_000, 'web-1');
    expect(test.events.at(-1)!.alert.data).toEqual({ partial: true });
    for (let i = 0; i < 11; i++) {
      await test.sample('cpu.usage', 50, 'web-2');
      await test.advance(minute);
    }
    await test.sample('cpu.usage', 2_000, 'web-2');
    expect(test.events.findLast(({ type }) => type === 'opened')!.alert).toMatchObject({ source: 'web-2', data: {} });
  });
});
