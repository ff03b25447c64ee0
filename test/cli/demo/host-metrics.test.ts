import { describe, expect, it } from 'vitest';
import { createHostMetrics } from '../../../src/cli/demo/host-metrics.js';
import { diskBytes, networkBytes } from '../../../src/cli/demo/proc.js';
import { createRates } from '../../../src/cli/demo/rates.js';

describe('measurements of this machine', () => {
  it('carry cpu, memory, load, event loop and disk, each finite and with its unit', async () => {
    const host = createHostMetrics();
    burn();
    const readings = new Map((await host.read()).map((reading) => [reading.name, reading]));
    host.close();

    for (const name of ['cpu.usage', 'memory.usage', 'disk.usage']) {
      expect(readings.get(name)).toMatchObject({ unit: '%' });
      expect(readings.get(name)!.value).toBeGreaterThan(0);
      expect(readings.get(name)!.value).toBeLessThanOrEqual(100);
    }
    expect(readings.get('load.1m')!.value).toBeGreaterThanOrEqual(0);
    expect(readings.get('eventloop.delay')).toMatchObject({ unit: 'ms' });
  });

  it('give rates from the second reading on', async () => {
    let now = 0;
    const host = createHostMetrics(() => now);
    const first = (await host.read()).map(({ name }) => name);
    now += 1_000;
    const second = (await host.read()).map(({ name }) => name);
    host.close();

    expect(first.filter((name) => name.startsWith('network.'))).toEqual([]);
    expect(second.filter((name) => name.startsWith('network.'))).toEqual(['network.rx', 'network.tx']);
  });
});

describe('rates', () => {
  it('are differences a second', () => {
    let now = 1_000;
    const rates = createRates(() => now);
    rates('B/s', { rx: 5_000 });
    now += 500;
    expect(rates('B/s', { rx: 6_000 })).toEqual([{ name: 'rx', value: 2_000, unit: 'B/s' }]);
  });

  it('leave out a counter that started anew, and go on from there', () => {
    let now = 0;
    const rates = createRates(() => now);
    rates('B/s', { rx: 5_000 });
    now += 1_000;
    expect(rates('B/s', { rx: 100 })).toEqual([]);
    now += 1_000;
    expect(rates('B/s', { rx: 300 })).toEqual([{ name: 'rx', value: 200, unit: 'B/s' }]);
  });
});

describe('tables of /proc', () => {
  it('network bytes leave loopback out and add the other interfaces', () => {
    const table = [
      'Inter-|   Receive            |  Transmit',
      ' face |bytes packets errs drop fifo frame compressed multicast|bytes packets',
      '    lo:    3193 29 0 0 0 0 0 0     3193 29 0 0 0 0 0 0',
      '  eth0: 1000 2 0 0 0 0 0 0 300 4 0 0 0 0 0 0',
      '  eth1:7 2 0 0 0 0 0 0 5 4 0 0 0 0 0 0',
    ].join('\n');
    expect(networkBytes(table)).toEqual({ rx: 1_007, tx: 305 });
  });

  it('disk bytes count whole devices once, without their partitions and stacks', () => {
    const table = [
      '   8  0 sda 1 0 100 0 1 0 40 0 0 0 0',
      '   8  1 sda1 1 0 100 0 1 0 40 0 0 0 0',
      ' 253  0 dm-0 1 0 100 0 1 0 40 0 0 0 0',
      '   7  0 loop0 1 0 9 0 1 0 9 0 0 0 0',
      ' 259  0 nvme0n1 1 0 10 0 1 0 2 0 0 0 0',
    ].join('\n');
    expect(diskBytes(table, ['sda', 'dm-0', 'loop0', 'nvme0n1'])).toEqual({ read: 110 * 512, written: 42 * 512 });
  });
});

function burn(): void {
  const end = performance.now() + 30;
  let x = 0;
  while (performance.now() < end) x += Math.sqrt(x + 1);
}
