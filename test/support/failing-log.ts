import { TocsinError } from '../../src/model/errors.js';
import { createMemoryDriver } from '../../src/streams/memory.js';
import type { Driver, LogAppend } from '../../src/streams/ports.js';
import { VirtualClock } from './virtual-clock.js';

export interface FailingDriver {
  readonly driver: Driver;
  /** The same without refusals. */
  readonly inner: Driver;
  readonly clock: VirtualClock;
  /** Whether writes of alerts, and probes, are refused. */
  refuse: boolean;
  /** Called before each write. */
  before: (entry: LogAppend) => Promise<void> | void;
}

/** The in-process driver with a log that can refuse. */
export function failingDriver(): FailingDriver {
  const clock = new VirtualClock();
  const inner = createMemoryDriver({ scheduler: clock.scheduler, wall: () => clock.wall() });
  const log = new Proxy(inner.log, {
    get(target, name) {
      const value = Reflect.get(target, name) as unknown;
      if (name === 'append') return append;
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
  const failing: FailingDriver = { driver: { ...inner, log }, inner, clock, refuse: false, before: () => {} };
  async function append(entry: LogAppend): Promise<number> {
    await failing.before(entry);
    if (failing.refuse) throw new TocsinError('log_unavailable', 'maximum bytes exceeded', { temporary: true });
    return inner.log.append(entry);
  }
  return failing;
}
