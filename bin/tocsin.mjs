#!/usr/bin/env node
// Committed, so that npm links the command even before there is a build. A checkout that has none gets one here.
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const bundle = new URL('../dist/bin/tocsin.js', import.meta.url);
const page = new URL('../dist/dashboard/index.html', import.meta.url);

if (![bundle, page].every((part) => existsSync(part))) await buildHere();
await import(bundle.href);

async function buildHere() {
  try {
    const { build, command, dashboard } = await import('../scripts/lib/build-parts.mjs');
    await build([command, dashboard]);
  } catch (error) {
    const folder = fileURLToPath(new URL('..', import.meta.url));
    console.error(`tocsin: there is no build, and none can be made: ${error.message}`);
    console.error(`tocsin: in ${folder}, run: npm ci && npm run build`);
    process.exit(1);
  }
}
