import type { Command } from 'commander';
import type { Io } from './io.js';

/** Makes one command; its action tells `done` the exit status, or throws. */
export type MakeCommand = (io: Io, done: (status: number) => void) => Command;
