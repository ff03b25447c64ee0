import { styleText } from 'node:util';

/** Where a command writes to and reads from; tests hand in their own. */
export interface Io {
  /** Data: one line on stdout. */
  out(line: string): void;
  /** Messages to the person: one line on stderr. */
  err(line: string): void;
  /** Whether stdout, and stderr, may carry colours. */
  readonly color: { readonly out: boolean; readonly err: boolean };
  /** Whether a person watches stderr. */
  readonly interactive: boolean;
  readonly env: Readonly<Record<string, string | undefined>>;
}

type Style = Parameters<typeof styleText>[0];

export function paint(text: string, style: Style, color: boolean): string {
  // Whether the stream takes colours is decided by the caller.
  return color ? styleText(style, text, { validateStream: false }) : text;
}

export function processIo(): Io {
  const { env, stdout, stderr } = process;
  for (const stream of [stdout, stderr]) stream.on('error', readerLeft);
  return {
    out: (line) => void stdout.write(`${line}\n`),
    err: (line) => void stderr.write(`${line}\n`),
    color: { out: mayColor(stdout, env), err: mayColor(stderr, env) },
    interactive: stderr.isTTY === true,
    env,
  };
}

/** `tocsin tail | head`, or a terminal that was closed: nobody reads any more, which is a wish to stop and no failure. */
function readerLeft(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EPIPE' && error.code !== 'EIO') throw error;
  if (!process.emit('SIGTERM', 'SIGTERM')) process.exit(0);
}

/** NO_COLOR wins, then FORCE_COLOR, then whether it is a terminal that knows colours. */
function mayColor(stream: { readonly isTTY?: boolean }, env: NodeJS.ProcessEnv): boolean {
  if (env['NO_COLOR']) return false;
  if (env['FORCE_COLOR']) return env['FORCE_COLOR'] !== '0';
  return stream.isTTY === true && env['TERM'] !== 'dumb';
}
