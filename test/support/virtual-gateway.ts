import { encodings } from '../../src/gateway/encodings.js';
import { Hub } from '../../src/gateway/hub.js';
import type { Session } from '../../src/gateway/session.js';
import { defaultGatewayLimits, type GatewayLimits } from '../../src/model/limits.js';
import { silentLogger } from '../../src/model/logger.js';
import type { Subprotocol } from '../../src/model/wire.js';
import { FakeTransport } from './fake-transport.js';
import { ScriptedEngine } from './gateway-ports.js';
import { VirtualLoop } from './virtual-loop.js';

export interface VirtualClient {
  readonly session: Session;
  readonly transport: FakeTransport;
  /** Sends one message, or an array of them, and lets the gateway answer. */
  send(message: unknown): void;
}

/** A gateway without sockets, in virtual time, over an engine that the test plays. */
export class VirtualGateway {
  readonly engine = new ScriptedEngine();
  readonly loop = new VirtualLoop();
  readonly hub: Hub;

  constructor(limits: Partial<GatewayLimits> = {}) {
    this.hub = new Hub(this.engine.ports(), {
      limits: { ...defaultGatewayLimits, ...limits },
      version: '1.2.3',
      log: silentLogger,
      loop: this.loop,
    });
    this.hub.start();
  }

  connect(subprotocol: Subprotocol = 'tocsin.v1.json'): VirtualClient {
    const transport = new FakeTransport(subprotocol);
    const actor = { name: 'anonymous', authenticated: false, via: 'websocket test' };
    const session = this.hub.connect(transport, subprotocol, actor);
    transport.onDrain = () => session.drained();
    this.loop.turn();
    const encoding = encodings[subprotocol];
    const send = (message: unknown) => {
      session.receive(encoding.value(message), encoding.binary);
      this.loop.turn();
    };
    return { session, transport, send };
  }
}
