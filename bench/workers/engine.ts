import { createChannel } from '../../src/channels/create-channel.js';
import { type ConfigInput, type GatewayConfig, resolveConfig } from '../../src/config/index.js';
import { createEngine, type Engine } from '../../src/engine.js';
import { createGateway, type Gateway } from '../../src/gateway/index.js';
import type { GatewayPorts } from '../../src/gateway/ports.js';
import { silentLogger } from '../../src/model/logger.js';
import type { EngineStats } from '../../src/model/wire.js';
import { createNatsDriver } from '../../src/streams/nats.js';
import { bytesInUse } from '../harness.js';
import { Receiver } from './receiver.js';
import { serve } from './remote.js';
import { monotonicNow, type Schedule } from './schedule.js';
import { Strain } from './strain.js';

/** The whole engine, as `tocsin run` joins it: NATS, rules, durable log, delivery, gateway. */
const receiver = new Receiver();
const strain = new Strain();
let engine: Engine | undefined;

const calls = {
  start,
  expect: (schedule: Schedule) => receiver.expect(schedule),
  report: () => receiver.report(),
  stats: (): EngineStats => engine!.stats(),
  /** Bytes in use after a collection. Needs `--expose-gc`. */
  heap: () => bytesInUse(),
  watch: () => strain.watch(),
  watched: () => strain.report(),
};
export type EngineCalls = typeof calls;

async function start({ url, input }: { readonly url: string; readonly input: ConfigInput }) {
  const config = resolveConfig(input);
  const deps = { log: silentLogger, write: () => undefined, color: false };
  let ports: GatewayPorts | undefined;
  engine = createEngine({
    config,
    driver: () => createNatsDriver({ urls: [url] }),
    channels: new Map(Object.entries(config.channels).map(([name, one]) => [name, createChannel(name, one, deps)])),
    gateway: (given) => {
      ports = given;
      return gateway(given, config.gateway);
    },
  });
  const startedAt = performance.now();
  const listening = await engine.start();
  const readyMs = performance.now() - startedAt;
  // Subscribed after the rules, so that a message is heard here when it has been evaluated, in the same turn.
  ports!.samples.samples$.subscribe((samples) => {
    const now = monotonicNow();
    for (const { time } of samples) receiver.note(time, now);
  });
  return { ...listening, readyMs };
}

function gateway(ports: GatewayPorts, { host, limits }: GatewayConfig): Gateway {
  return createGateway(ports, { host, port: 0, limits, version: 'bench', log: silentLogger });
}

serve(calls);
