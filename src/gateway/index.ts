import type { GatewayLimits } from '../model/limits.js';
import type { Logger } from '../model/logger.js';
import { createHttp } from './http.js';
import { Hub } from './hub.js';
import { type Loop, systemLoop } from './loop.js';
import type { GatewayPorts } from './ports.js';
import { GatewayServer } from './server.js';
import { loadStatic } from './static.js';

export interface GatewayOptions {
  /** Address to listen on. */
  readonly host: string;
  /** 0: any free one. */
  readonly port: number;
  readonly limits: GatewayLimits;
  /** Where the built dashboard lies; absent or empty: a text says so. */
  readonly dashboardDir?: string;
  readonly version: string;
  readonly log: Logger;
  /** Time; the system's when absent. */
  readonly loop?: Loop;
}

export interface Listening {
  readonly host: string;
  readonly port: number;
  readonly url: string;
}

/** Pushes alerts, metrics and figures over WebSocket, and answers HTTP, on one port. */
export interface Gateway {
  /** Rejects with `port_taken`. */
  start(): Promise<Listening>;
  /** Tells every client when to come back, closes, and resolves within about two seconds. Idempotent. */
  stop(): Promise<void>;
  /** Everything counted since the start, and the number of connections now. */
  counters(): Readonly<Record<string, number>>;
}

/**
 * A gateway over what the engine offers; nothing happens before `start`.
 *
 * @example
 * const gateway = createGateway(ports, { host: '127.0.0.1', port: 8420, limits: defaultGatewayLimits, version, log });
 * const { url } = await gateway.start();
 */
export function createGateway(ports: GatewayPorts, options: GatewayOptions): Gateway {
  return new RunningGateway(ports, options);
}

class RunningGateway implements Gateway {
  readonly #ports: GatewayPorts;
  readonly #options: GatewayOptions;
  readonly #hub: Hub;
  #server: GatewayServer | undefined;
  #stopping: Promise<void> | undefined;

  constructor(ports: GatewayPorts, options: GatewayOptions) {
    this.#ports = ports;
    this.#options = options;
    this.#hub = new Hub(ports, { ...options, loop: options.loop ?? systemLoop });
  }

  async start(): Promise<Listening> {
    const { host, port, limits, log, dashboardDir } = this.#options;
    const app = createHttp(this.#ports, { host, log, files: await loadStatic(dashboardDir) });
    const closed = () => this.#closed();
    const onRefused = () => {
      this.#hub.counters.connections_refused++;
    };
    this.#server = new GatewayServer(this.#hub, app, { host, port, limits, closed, onRefused });
    const bound = await this.#server.listen();
    this.#hub.start();
    return { host, port: bound, url: `http://${host.includes(':') ? `[${host}]` : host}:${bound}` };
  }

  stop(): Promise<void> {
    this.#stopping ??= this.#stop();
    return this.#stopping;
  }

  counters(): Readonly<Record<string, number>> {
    return { connections: this.#hub.size, ...this.#hub.counters };
  }

  async #stop(): Promise<void> {
    this.#hub.stop();
    await this.#server?.close();
  }

  #closed(): 'stopping' | 'not_ready' | undefined {
    if (this.#stopping !== undefined) return 'stopping';
    return this.#ports.alerts.epoch === '' ? 'not_ready' : undefined;
  }
}
