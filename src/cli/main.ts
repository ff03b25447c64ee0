import { processIo } from './io.js';
import { runCli } from './program.js';

process.exit(await runCli(process.argv.slice(2), processIo()));
