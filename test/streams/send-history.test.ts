import { expect, it } from 'vitest';
import { createMemoryDriver } from '../../src/streams/memory.js';
import { sentSince } from '../../src/streams/send-history.js';

it('P16 a restart finds what a channel was sent of late, though the alert itself is long in the log', async () => {
  let wall = 1_700_000_000_000;
  const driver = createMemoryDriver({ wall: () => wall });
  const append = (subject: string, body: object) =>
    driver.log.append({ subject, body, messageId: `${subject} ${wall}` });
  await append('alert._.a', {});
  await append('delivery.a.hook', { status: 'sending', channel: 'hook', at: wall });
  const since = wall + 1_000;
  wall += 60_000;
  await append('delivery.a.hook', { status: 'sending', channel: 'hook', at: wall });
  expect(await sentSince(driver.log, 'hook', since)).toEqual([wall]);
  await driver.close();
});
