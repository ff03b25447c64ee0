import { setTimeout as after } from 'node:timers/promises';
import { renderProblems } from '../../config/index.js';
import { Closers } from '../closers.js';
import type { RunOptions } from '../commands/run.js';
import { exitStatus } from '../exit-status.js';
import type { Io } from '../io.js';
import { createLogger } from '../logger.js';
import { type StopSignal, watchStopSignal } from '../stop-signal.js';
import { version } from '../version.js';
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
  const log = createLogger(io, { level, scrub: settings.secrets.scrub });
  const closers = new Closers();
  const say = options.json ? () => {} : io.err;
  say(`tocsin ${version}`);
  try {
    const started = startEngine({ settings, options, io, log, closers, stop });
    await Promise.race([started.then(() => stop.requested), stop.requested]);
    say('stopping; a second Ctrl-C stops at once');
    return exitStatus.ok;
  } finally {
    await Promise.race([closers.close(), stop.insisted, after(longestStopMs)]);
    stop.dispose();
  }
}
