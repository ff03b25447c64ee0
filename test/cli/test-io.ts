import type { Io } from '../../src/cli/io.js';

export interface TestIo extends Io {
  readonly stdout: string[];
  readonly stderr: string[];
}

/** Keeps what a command writes. */
export function createTestIo(overrides: Partial<Io> = {}): TestIo {
  const stdout: string[] = [];
  const stderr: string[] = [];
  return {
    stdout,
    stderr,
    out: (line) => void stdout.push(line),
    err: (line) => void stderr.push(line),
    color: { out: false, err: false },
    interactive: false,
    env: {},
    ...overrides,
  };
}
