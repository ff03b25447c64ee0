import { pino } from 'pino';
import { plainText } from '../channels/plain-text.js';
import type { Logger } from '../model/logger.js';
import { type Io, paint } from './io.js';

export const logLevels = ['debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;
export type LogLevel = (typeof logLevels)[number];

export interface LoggerOptions {
  readonly level: LogLevel;
  /** Takes secrets out of a line. */
  readonly scrub: (line: string) => string;
}

/** Structured logs on stderr: JSON lines, or readable ones where a person watches. */
export function createLogger(io: Io, { level, scrub }: LoggerOptions): Logger {
  const write = (line: string) => io.err(io.interactive ? readable(line, io.color.err) : line);
  return pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
    },
    { write: (line: string) => write(scrub(line.trimEnd())) },
  );
}

const styles = { debug: 'gray', info: 'cyan', warn: 'yellow', error: 'red', fatal: 'red' } as const;

/** `19:55:01 WARN   message  key=value`. Message and fields may come from anybody. */
function readable(line: string, color: boolean): string {
  const { level, time, msg, ...fields } = JSON.parse(line) as Record<string, unknown>;
  const style = styles[level as keyof typeof styles];
  const shown = Object.entries(fields).map(([name, value]) => `${name}=${fieldText(value)}`);
  const head = `${String(time).slice(11, 19)} ${paint(String(level).toUpperCase().padEnd(5), style, color)} ${plainText(String(msg))}`;
  return shown.length === 0 ? head : `${head}  ${paint(plainText(shown.join(' ')), 'gray', color)}`;
}

function fieldText(value: unknown): string {
  if (typeof value === 'string') return /^[\w.:/@-]+$/.test(value) ? value : JSON.stringify(value);
  const message = (value as { message?: unknown } | null)?.message;
  return typeof message === 'string' ? JSON.stringify(message) : JSON.stringify(value);
}
