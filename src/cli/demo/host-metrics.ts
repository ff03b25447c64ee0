import { readdir, readFile, statfs } from 'node:fs/promises';
import os from 'node:os';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { diskBytes, networkBytes } from './proc.js';
import { createRates, type Rates } from './rates.js';
import type { Reading } from './reading.js';

/** One group of measurements. It rejects where the system does not offer them. */
type Probe = () => Promise<readonly Reading[]> | readonly Reading[];

export interface HostMetrics {
  /** What this machine offers now. Rates need a second call to appear. */
  read(): Promise<readonly Reading[]>;
  close(): void;
}

/** Measures this machine: cpu, memory, load, event loop, network, disk. `clock` gives monotonic milliseconds. */
export function createHostMetrics(clock: () => number = () => performance.now()): HostMetrics {
  const rates = createRates(clock);
  const loop = eventLoopProbe();
  const probes: readonly Probe[] = [cpuProbe(), memory, load, loop.read, network(rates), diskSpace, diskTraffic(rates)];
  return {
    read: async () => (await Promise.all(probes.map(attempt))).flat(),
    close: loop.close,
  };
}

/** A measurement that this system does not offer is left out. */
async function attempt(probe: Probe): Promise<readonly Reading[]> {
  try {
    return (await probe()).filter((reading) => Number.isFinite(reading.value));
  } catch {
    return [];
  }
}

function cpuProbe(): Probe {
  let before = cpuTimes();
  return () => {
    const now = cpuTimes();
    const total = now.total - before.total;
    const idle = now.idle - before.idle;
    before = now;
    return [{ name: 'cpu.usage', value: percent(total - idle, total), unit: '%' }];
  };
}

function cpuTimes(): { total: number; idle: number } {
  const sum = { total: 0, idle: 0 };
  for (const { times } of os.cpus()) {
    sum.total += times.user + times.nice + times.sys + times.idle + times.irq;
    sum.idle += times.idle;
  }
  return sum;
}

function memory(): readonly Reading[] {
  const total = os.totalmem();
  return [{ name: 'memory.usage', value: percent(total - os.freemem(), total), unit: '%' }];
}

function load(): readonly Reading[] {
  return [{ name: 'load.1m', value: os.loadavg()[0]!, unit: '' }];
}

/** The 99th percentile of how late a timer of this process came since the last reading. */
function eventLoopProbe(): { read: Probe; close: () => void } {
  const resolution = 10;
  const histogram = monitorEventLoopDelay({ resolution });
  histogram.enable();
  const read = () => {
    const value = Math.max(0, histogram.percentile(99) / 1e6 - resolution);
    histogram.reset();
    return [{ name: 'eventloop.delay', value: round(value), unit: 'ms' }];
  };
  return { read, close: () => void histogram.disable() };
}

function network(rates: Rates): Probe {
  return async () => {
    const { rx, tx } = networkBytes(await readFile('/proc/net/dev', 'utf8'));
    return rates('B/s', { 'network.rx': rx, 'network.tx': tx });
  };
}

async function diskSpace(): Promise<readonly Reading[]> {
  const { blocks, bfree, bavail } = await statfs('.');
  const used = blocks - bfree;
  // As `df` counts: what is reserved for root is neither used nor free.
  return [{ name: 'disk.usage', value: percent(used, used + bavail), unit: '%' }];
}

function diskTraffic(rates: Rates): Probe {
  return async () => {
    const [table, devices] = await Promise.all([readFile('/proc/diskstats', 'utf8'), readdir('/sys/block')]);
    const { read, written } = diskBytes(table, devices);
    return rates('B/s', { 'disk.read': read, 'disk.write': written });
  };
}

function percent(part: number, whole: number): number {
  return whole <= 0 ? Number.NaN : round((100 * part) / whole);
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
