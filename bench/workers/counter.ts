import { connect } from 'nats';
import { Receiver } from './receiver.js';
import { serve } from './remote.js';
import { timeOf } from './samples.js';
import type { Schedule } from './schedule.js';

/** The control: a NATS subscriber that reads when a sample was due, counts it, and does nothing else. */
const receiver = new Receiver();

const calls = {
  async start({ url }: { readonly url: string }): Promise<void> {
    const connection = await connect({ servers: url });
    connection.subscribe('metrics.>', { callback: (_, { data }) => receiver.note(timeOf(data)) });
    await connection.flush();
  },
  expect: (schedule: Schedule) => receiver.expect(schedule),
  report: () => receiver.report(),
};
export type CounterCalls = typeof calls;

serve(calls);
