import { createGateway, type Gateway, type Listening } from '../../src/gateway/index.js';
import { defaultGatewayLimits, type GatewayLimits } from '../../src/model/limits.js';
import { silentLogger } from '../../src/model/logger.js';
import { ScriptedEngine } from './gateway-ports.js';
import { PlainClient } from './ws-client.js';

export interface TestGateway extends Listening, AsyncDisposable {
  readonly gateway: Gateway;
  readonly engine: ScriptedEngine;
  readonly stream: string;
  open(subprotocols?: readonly string[], headers?: Readonly<Record<string, string>>): Promise<PlainClient>;
}

/** A real gateway on a free port over an engine that the test plays. */
export async function startGateway(limits: Partial<GatewayLimits> = {}, dashboardDir?: string): Promise<TestGateway> {
  const engine = new ScriptedEngine();
  const gateway = createGateway(engine.ports(), {
    host: '127.0.0.1',
    port: 0,
    limits: { ...defaultGatewayLimits, ...limits },
    ...(dashboardDir === undefined ? {} : { dashboardDir }),
    version: '1.2.3',
    log: silentLogger,
  });
  const listening = await gateway.start();
  const stream = `${listening.url}/v1/stream`;
  return {
    ...listening,
    gateway,
    engine,
    stream,
    open: (subprotocols, headers) => PlainClient.open(stream, subprotocols, headers),
    [Symbol.asyncDispose]: () => gateway.stop(),
  };
}
