#!/usr/bin/env node
// `npm start`: gets a nats-server and a build if there is none, then becomes `tocsin run --demo`.

import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build, command, dashboard, root } from './lib/build-parts.mjs';
import { endWithNpm } from './lib/end-with-npm.mjs';
import { fetchNatsServer } from './lib/nats-server.mjs';

endWithNpm();
try {
  // Without a nats-server the demo still runs, in process, and says so itself.
  const [, server] = await Promise.all([build([command, dashboard]), fetchNatsServer()]);
  if (server !== undefined) process.env.TOCSIN_NATS_SERVER = server;
} catch (error) {
  console.error(`start: ${error.message}`);
  process.exit(1);
}

const bundle = join(root, command.output);
// In this very process, so that signals and the exit status need no relay.
process.argv = [process.execPath, bundle, 'run', '--demo', ...process.argv.slice(2)];
await import(pathToFileURL(bundle).href);
