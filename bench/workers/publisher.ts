import { connect, type NatsConnection } from 'nats';
import { type Distribution, distribution } from '../harness.js';
import { serve } from './remote.js';
import { encodeSample, makeSubjects, makeValues } from './samples.js';
import { dueAt, dueBy, eventTime, monotonicNow, type Schedule } from './schedule.js';

/** An ordinary NATS client that publishes on schedule, whatever becomes of its messages. */
const calls = { start, publish };
export type PublisherCalls = typeof calls;

let connection: NatsConnection | undefined;
const subjects = makeSubjects();
const nextValue = makeValues();

async function start({ url }: { readonly url: string }): Promise<void> {
  connection = await connect({ servers: url });
}

/** Resolves when the server has everything, with how far behind its schedule the publisher itself was. */
async function publish(schedule: Schedule): Promise<Distribution> {
  const behind = new Float64Array(schedule.count);
  await new Promise<void>((resolve) => {
    let sent = 0;
    const pump = () => {
      const now = monotonicNow();
      for (const due = dueBy(schedule, now); sent < due; sent += 1) {
        behind[sent] = now - dueAt(schedule, sent);
        send(schedule, sent);
      }
      if (sent < schedule.count) setTimeout(pump, 1);
      else resolve();
    };
    pump();
  });
  await connection!.flush();
  return distribution(behind);
}

function send(schedule: Schedule, index: number): void {
  const subject = subjects[index % subjects.length]!;
  connection!.publish(subject, encodeSample(nextValue(), eventTime(schedule, index)));
}

serve(calls);
