import { paint } from '../io.js';

/** What a person needs to know of an engine that runs. */
export interface Ready {
  /** Base address, `http://127.0.0.1:8420`. */
  readonly url: string;
  /** Which server carries the data: `nats-server 2.10.1 (private), nats://127.0.0.1:4222`. */
  readonly bus: string;
  readonly readyMs: number;
  /** What comes next, in a line or more. */
  readonly hints: readonly string[];
}

/** What an engine says once it is ready. */
export function bannerLines({ url, bus, readyMs, hints }: Ready, color: boolean): string[] {
  const link = (path: string) => paint(path, 'cyan', color);
  return [
    '',
    `  Dashboard  ${link(`${url}/`)}`,
    `  WebSocket  ${link(`${url.replace(/^http/, 'ws')}/v1/stream`)}`,
    `  Metrics    ${link(`${url}/metrics`)}`,
    `  NATS       ${bus}`,
    '',
    `  Ready after ${Math.round(readyMs)} ms.`,
    ...hints.map((hint) => `  ${hint}`),
    '',
  ];
}
