import { afterAll, beforeAll, expect, it } from 'vitest';
import { silentLogger } from '../../src/model/logger.js';
import { monotonicScheduler } from '../../src/operators/monotonic-scheduler.js';
import { LogHealth } from '../../src/streams/log-health.js';
import { createNatsDriver } from '../../src/streams/nats.js';
import { code } from '../support/driver.js';
import { eventually } from '../support/eventually.js';
import { startTestNats, type TestNats } from '../support/nats-server.js';

let nats: TestNats;
beforeAll(async () => {
  nats = await startTestNats();
});
afterAll(() => nats.stop());

it('F13 a full stream refuses at once; probes find out when there is room, and leave nothing behind', async () => {
  const options = { urls: [nats.url], prefix: 'full', eventsMaxBytes: 64 * 1024 };
  const driver = await createNatsDriver(options);
  const health = new LogHealth({ log: driver.log, scheduler: monotonicScheduler, logger: silentLogger, writer: 'w' });
  try {
    let last = 0;
    const fill = async () => {
      for (let i = 0; ; i++) {
        const body = { text: 'x'.repeat(4_096) };
        last = await driver.log.append({ subject: 'alert._.0123456789abcdef', body, messageId: `fill ${i}` });
      }
    };
    const refusal = await fill().catch((error: unknown) => error);
    expect(refusal).toSatisfy(code('log_unavailable', { temporary: true }));
    health.refused(refusal);
    expect(health.trouble).toContain('maximum bytes');
    await driver.log.purge('alert._.0123456789abcdef', last - 2);
    await eventually(() => health.isWell).toBe(true);
    const subjects: string[] = [];
    for await (const { subject } of driver.log.latest('>')) subjects.push(subject);
    expect(subjects).toEqual(['alert._.0123456789abcdef']);
  } finally {
    health.stop();
    await driver.close();
  }
});
