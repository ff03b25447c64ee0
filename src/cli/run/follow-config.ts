import { ConfigError, type EngineConfig } from '../../config/index.js';
import type { Engine } from '../../engine.js';
import type { ReloadReport } from '../../live/reload-report.js';
import type { Logger } from '../../model/logger.js';
import { CliError } from '../cli-error.js';
import { exitStatus } from '../exit-status.js';
import { describeFailure } from '../failure.js';
import type { Io } from '../io.js';
import { counted } from '../phrases.js';
import { readText } from '../read-config.js';
import { reportError } from '../report.js';
import type { StopSignal } from '../stop-signal.js';
import { watchFile } from './watch-file.js';

export interface FollowConfigOptions {
  readonly engine: Pick<Engine, 'reload'>;
  readonly file: string;
  /** Reads the file, and every secret that it names, anew. Throws a ConfigError. */
  readonly read: () => EngineConfig;
  /** Whether a change of the file is enough; SIGHUP always is. */
  readonly watch: boolean;
  readonly stop: Pick<StopSignal, 'onHangUp'>;
  readonly io: Io;
  readonly log: Logger;
}

/** Reloads the configuration at SIGHUP and when its file changes, and says what became of it. Returns what ends it. */
export function followConfig(options: FollowConfigOptions): () => void {
  const { file, watch, stop, log } = options;
  stop.onHangUp(() => reload('SIGHUP', options));
  if (!watch) return () => {};
  return watchFile(file, {
    onChange: () => reload('file change', options),
    onEmpty: () => log.warn({ file }, 'the file is empty now: it is taken over when something is in it'),
    onError: (err) => log.warn({ file, err }, 'the file cannot be watched: SIGHUP reloads it'),
  });
}

/** The difference in a line each; or everything that is wrong, as `check` says it. */
function reload(cause: string, { engine, file, read, io, log }: FollowConfigOptions): void {
  try {
    const report = engine.reload(() => readWritten(file, read), cause);
    if (io.interactive) for (const line of reportLines(report, cause)) io.err(line);
    else logReport(report, log);
  } catch (error) {
    if (io.interactive) reportError(error, io, false);
    else logFailure(error, log);
  }
}

function logReport({ changed, needsRestart }: ReloadReport, log: Logger): void {
  for (const { path, kind, text } of changed) log.info({ path, kind }, text);
  if (needsRestart.length > 0) log.warn({ paths: needsRestart }, restartText(needsRestart));
}

/** Empty is what a file is while it is written anew: taken for the defaults, it would end every rule. */
function readWritten(file: string, read: () => EngineConfig): EngineConfig {
  if (readText(file).trim() !== '') return read();
  throw new CliError('config_unreadable', exitStatus.config, `${file} is empty, which changes nothing`, [
    'write {} into it to go back to the defaults',
  ]);
}

function reportLines({ changed, needsRestart, overlaid, setAside }: ReloadReport, cause: string): string[] {
  const what = changed.length === 0 ? 'nothing is otherwise' : counted(changed.length, 'change');
  return [
    `configuration reloaded (${cause}): ${what}`,
    ...changed.map(({ text }) => `  ${text}`),
    ...(needsRestart.length === 0 ? [] : [`  ${restartText(needsRestart)}`]),
    ...overlaid.map(({ kind, id, by }) => `  ${kind} ${id} of the file does not count: a command of ${by} does`),
    ...setAside.map(({ kind, id }) => `  ${kind} ${id} was put by a command and does not fit this file`),
  ];
}

/** Who changed it would wait for it in vain. */
function restartText(paths: readonly string[]): string {
  return `${paths.join(', ')}: not taken over yet; the engine goes on with the old until it is restarted`;
}

function logFailure(error: unknown, log: Logger): void {
  if (!(error instanceof ConfigError)) {
    const { code, message } = describeFailure(error);
    log.error({ code }, message);
    return;
  }
  for (const { message, excerpt: _, inExcerpt: __, ...problem } of error.problems) log.error(problem, message);
}
