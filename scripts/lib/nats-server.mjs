// Runs scripts/fetch-nats-server.mjs, which finds or fetches a nats-server and prints its path.
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { root } from './build-parts.mjs';

/** Path of a nats-server, or `undefined` when none can be had; why was then said on stderr. */
export function fetchNatsServer() {
  return new Promise((resolve, reject) => {
    const script = join(root, 'scripts', 'fetch-nats-server.mjs');
    const child = spawn(process.execPath, [script], { stdio: ['ignore', 'pipe', 'inherit'] });
    let printed = '';
    child.stdout.setEncoding('utf8').on('data', (text) => {
      printed += text;
    });
    child.once('error', reject);
    child.once('close', (code) => resolve(code === 0 ? printed.trim().split('\n').at(-1) : undefined));
  });
}
