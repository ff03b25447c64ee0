#!/usr/bin/env node
// Builds what is older than its sources.
//   npm run build               library, command and dashboard
//   npm run build -- --fast     only what a running engine needs: command and dashboard
//   npm run build -- --command  only the command
//   npm run build -- --library  only the library
import { build, command, dashboard, library } from './lib/build-parts.mjs';

const chosen = {
  '--fast': [command, dashboard],
  '--command': [command],
  '--library': [library],
};

const flag = process.argv[2];
const parts = flag === undefined ? [library, command, dashboard] : chosen[flag];
if (parts === undefined) {
  console.error(`build: unknown option ${flag}; one of: ${Object.keys(chosen).join(', ')}`);
  process.exit(2);
}

try {
  await build(parts);
} catch (error) {
  console.error(`build: ${error.message}`);
  process.exit(1);
}
