import { afterAll, beforeAll } from 'vitest';
import { createMemoryDriver } from '../../src/streams/memory.js';
import { createNatsDriver } from '../../src/streams/nats.js';
import { startTestNats, type TestNats } from '../support/nats-server.js';
import { describeDriver } from './driver-contract.js';

let nats: TestNats;
let engines = 0;

beforeAll(async () => {
  nats = await startTestNats();
});
afterAll(() => nats.stop());

describeDriver('in-process', async () => createMemoryDriver());
describeDriver('NATS', () => createNatsDriver({ urls: [nats.url], prefix: `engine${++engines}` }));
