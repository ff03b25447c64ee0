import { seriesSubject } from '../model/series.js';
import { hosts } from '../streams/nats/connection.js';
import type { Bus } from '../streams/ports.js';
import { publishDemo } from './demo/publish-demo.js';
import { exitStatus } from './exit-status.js';
import type { Io } from './io.js';
import { createLogger } from './logger.js';
import { natsServers } from './nats-address.js';
import { openBus } from './open-bus.js';
import type { PublishOptions } from './options.js';
import { type Stop, watchStopSignal } from './stop-signal.js';

/** Sends one sample, or with `demo` measurements until stopped. Throws `nats_unreachable`, `bus_unavailable`. */
export async function publish(
  name: string | undefined,
  value: number | undefined,
  options: PublishOptions,
  io: Io,
  stop: Stop = watchStopSignal(),
): Promise<number> {
  const { nats, data } = options;
  const servers = nats === undefined ? await natsServers(data, io.env) : { urls: [nats] };
  const { bus, close } = await openBus(servers, createLogger(io, { level: 'error', scrub: (line) => line }));
  try {
    if (name !== undefined && value !== undefined) return await publishOne(bus, { name, value }, options, io);
    io.err(
      `publishing measurements of this machine and of a made-up shop to ${hosts(servers).join(', ')} until stopped`,
    );
    const demo = publishDemo(bus, options.source);
    await stop.requested;
    demo.unsubscribe();
    return exitStatus.ok;
  } finally {
    await close();
  }
}

/** The answer of the engine to a sample that was published as a request. */
interface SampleAnswer {
  readonly ok: boolean;
  readonly accepted: number;
  readonly rejected: readonly { readonly code: string; readonly field?: string }[];
}

interface Point {
  readonly name: string;
  readonly value: number;
}

async function publishOne(bus: Bus, { name, value }: Point, options: PublishOptions, io: Io): Promise<number> {
  const { source, label, unit, wait, json } = options;
  const subject = seriesSubject(name, source);
  const sample = {
    name,
    value,
    source,
    time: Date.now(),
    labels: label ?? {},
    ...(unit === undefined ? {} : { unit }),
  };
  const data = new TextEncoder().encode(JSON.stringify(sample));
  if (!wait) {
    bus.publish(subject, data);
    await bus.flush();
    io.out(json ? JSON.stringify({ ok: true, subject }) : `sent  ${subject} = ${value}`);
    return exitStatus.ok;
  }
  const reply = await bus.request(subject, data);
  const answer = JSON.parse(new TextDecoder().decode(reply.data)) as SampleAnswer;
  io.out(json ? JSON.stringify({ subject, ...answer }) : answerLine(answer, subject, value));
  return answer.accepted === 1 ? exitStatus.ok : exitStatus.failed;
}

function answerLine({ accepted, rejected }: SampleAnswer, subject: string, value: number): string {
  if (accepted === 1) return `accepted  ${subject} = ${value}`;
  const [first] = rejected;
  return `refused  ${subject}: ${[first?.code, first?.field].filter((part) => part !== undefined).join(' ')}`;
}
