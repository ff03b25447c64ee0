import { setTimeout as after } from 'node:timers/promises';
import { renderProblems } from '../../config/index.js';
import type { Logger } from '../../model/logger.js';
import { Closers } from '../closers.js';
import { exitStatus } from '../exit-status.js';
import type { Io } from '../io.js';
import { createLogger } from '../logger.js';
import type { RunOptions } from '../options.js';
import { type StopSignal, watchStopSignal } from '../stop-signal.js';
import { version } from '../version.js';
import { KnownSecrets } from './known-secrets.js';
import { readSettings } from './settings.js';
import { startEngine } from './start-engine.js';

/** A stop that takes longer is cut off: whoever supervises us would kill us anyway. */
const longestStopMs = 18_000;

/** Runs an engine until asked to stop. Throws what keeps it from starting. */
export async function runEngine(
  file: string | undefined,
  options: RunOptions,
  io: Io,
  stop: StopSignal = watchStopSignal(),
): Promise<number> {
  const settings = readSettings(file, options, io.env);
  if (settings.warnings.length > 0) io.err(renderProblems(settings.warnings, { color: io.color.err }));
  const level = options.logLevel ?? 'info';
  const secrets = new KnownSecrets(settings.secrets);
  const log = createLogger(io, { level, scrub: secrets.scrub });
  const server = new Closers();
  const closers = new Closers();
  // A private server ends last: whatever drains still needs it.
  closers.add(() => server.close());
  const say = (text: string) => (io.interactive ? io.err(text) : log.info({}, text));
  say(`tocsin ${version}`);
  try {
    const started = startEngine({ settings, options, io, log, secrets, closers, server, stop });
    await Promise.race([started.then(() => stop.requested), stop.requested]);
    say('stopping; a second Ctrl-C stops at once');
    return exitStatus.ok;
  } finally {
    await Promise.race([closers.close(), stop.insisted, tooLong(log)]);
    // Left over only when the others were cut off.
    await server.close();
    stop.dispose();
  }
}

async function tooLong(log: Logger): Promise<void> {
  await after(longestStopMs, undefined, { ref: false });
  log.error({ afterMs: longestStopMs }, 'could not stop in order, ending all the same');
}
