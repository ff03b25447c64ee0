import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { runCli } from '../../src/cli/program.js';
import { createTestIo } from './test-io.js';

export interface AskedEngine {
  /** `METHOD path body` of each request. */
  readonly asked: readonly string[];
  /** Runs a command that asks it. */
  run(...args: string[]): Promise<{ readonly status: number; readonly out: string[]; readonly err: string[] }>;
  close(): void;
}

/** Stands in for a running engine: answers each request, with 400 when the answer has a code. */
export async function startAskedEngine(answer: (request: string) => object): Promise<AskedEngine> {
  const asked: string[] = [];
  const server = createServer(async (request, response) => {
    const asking = `${request.method} ${request.url} ${await text(request)}`.trim();
    asked.push(asking);
    const body = answer(asking);
    response.statusCode = 'code' in body ? 400 : 200;
    response.end(JSON.stringify(body));
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    asked,
    async run(...args) {
      const io = createTestIo();
      const status = await runCli([...args, '--url', url], io);
      return { status, out: io.stdout, err: io.stderr };
    },
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}
