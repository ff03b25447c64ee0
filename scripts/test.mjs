#!/usr/bin/env node
// `npm test`: the test suite against a real nats-server. `npm run test:browser` adds --browser, `npm run test:long` --long:
// the files with properties, 10,000 runs of each. `npm run test:faults` adds --faults: whatever can break is broken, often and
// for long, and the figures go to bench/results/faults.md. Further arguments go to vitest.

import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { build, command, dashboard, root } from './lib/build-parts.mjs';
import { endWithNpm } from './lib/end-with-npm.mjs';
import { collectFigures } from './lib/fault-figures.mjs';
import { endLeftovers } from './lib/leftovers.mjs';
import { fetchNatsServer } from './lib/nats-server.mjs';

endWithNpm();
const given = process.argv.slice(2);
const modes = ['--browser', '--long', '--faults'];
const args = given.filter((arg) => !modes.includes(arg));
const [browser, long, faults] = modes.map((mode) => given.includes(mode));

const server = await fetchNatsServer();
if (server === undefined) process.exit(69);
await build(browser ? [command, dashboard] : [command]);

const run = randomUUID();
const figures = faults ? collectFigures() : undefined;
const status = await vitest([...mode(), ...args]);
figures?.write({ complete: args.length === 0 && status === 0 });
const left = await endLeftovers(run);
for (const line of left) console.error(`test: left running, now ended: ${line}`);
process.exit(left.length > 0 && status === 0 ? 1 : status);

function mode() {
  if (browser) return ['--config', 'vitest.browser.config.ts'];
  if (faults) return ['--testTimeout=3600000', '--no-file-parallelism', ...(args.length > 0 ? [] : ['test/faults'])];
  if (!long) return [];
  process.env.TOCSIN_PROPERTY_RUNS ??= '10000';
  return ['--testTimeout=3600000', ...(args.length > 0 ? [] : filesWithProperties())];
}

function filesWithProperties() {
  const files = readdirSync(join(root, 'test'), { recursive: true }).filter((file) => file.endsWith('.test.ts'));
  return files
    .map((file) => join('test', file))
    .filter((file) => readFileSync(join(root, file), 'utf8').includes('propertyRuns()'));
}

function vitest(options) {
  const script = join(root, 'node_modules/vitest/vitest.mjs');
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [script, 'run', ...options], {
      cwd: root,
      stdio: 'inherit',
      env: { ...process.env, TOCSIN_NATS_SERVER: server, TOCSIN_TEST_RUN: run },
    });
    // A Ctrl-C reaches vitest by itself; what it leaves behind is ours to end.
    process.on('SIGINT', () => {});
    process.on('SIGTERM', () => child.kill('SIGTERM'));
    child.once('error', reject);
    child.once('exit', (code) => resolve(code ?? 1));
  });
}
