import { asyncScheduler, type SchedulerLike } from 'rxjs';
import { type Logger, silentLogger } from '../model/logger.js';
import { createCounters } from './driver/counters.js';
import { MemoryBus } from './memory/bus.js';
import { MemoryEventLog } from './memory/event-log.js';
import { MemoryOutbox } from './memory/outbox.js';
import type { Driver } from './ports.js';

export interface MemoryDriverOptions {
  /** Measures delays and time-outs. Default: `asyncScheduler`. */
  readonly scheduler?: SchedulerLike;
  /** Wall time for stored entries, epoch milliseconds. Default: `Date.now`. */
  readonly wall?: () => number;
  readonly log?: Logger;
  /** Size at which the event log refuses writes, in bytes. Default 256 MiB. */
  readonly eventsMaxBytes?: number;
  /** Messages that may wait on one channel. Default 100,000. */
  readonly outboxMaxMessages?: number;
}

/** Everything inside this process and gone with it: for tests, for virtual time, and where no nats-server can be had. */
export function createMemoryDriver(options: MemoryDriverOptions = {}): Driver {
  const { scheduler = asyncScheduler, wall = Date.now, log = silentLogger } = options;
  const counters = createCounters();
  const bus = new MemoryBus({ scheduler, log, counters });
  const maxBytes = options.eventsMaxBytes ?? 256 * 1024 * 1024;
  const events = new MemoryEventLog({ scheduler, wall, counters, maxBytes });
  const maxMessages = options.outboxMaxMessages ?? 100_000;
  const outbox = new MemoryOutbox({ scheduler, counters, maxMessages, maxDead: 10_000 });
  return {
    name: 'in-process',
    bus,
    control: bus,
    log: events,
    outbox,
    assertNotCaptured: async () => undefined,
    counters: () => ({ ...counters }),
    async close() {
      bus.close();
      events.close();
      outbox.close();
    },
  };
}
