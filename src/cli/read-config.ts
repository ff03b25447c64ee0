import { existsSync, readFileSync } from 'node:fs';
import { type EngineConfig, type LoadedConfig, loadConfig } from '../config/index.js';
import { CliError } from './cli-error.js';
import { exitStatus } from './exit-status.js';
import type { Io } from './io.js';

/** Taken where no file is named. */
export const usualFile = 'tocsin.yaml';

export function usualFileExists(): boolean {
  return existsSync(usualFile);
}

/** Reads and checks a configuration file. Throws `config_unreadable`, or a ConfigError with all problems. */
export function readConfig(file: string, env: Io['env']): LoadedConfig {
  return loadConfig(readText(file), { file, env, readFile: (path) => readFileSync(path, 'utf8') });
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    const reason = (error as NodeJS.ErrnoException).code === 'ENOENT' ? 'there is no such file' : String(error);
    throw new CliError('config_unreadable', exitStatus.config, `${file} cannot be read: ${reason}`, [
      'name a file that is there; examples/tocsin.yaml shows what one may hold',
    ]);
  }
}

/** The configuration in ./tocsin.yaml, where there is one that loads: a publisher or reader can do without. */
export function usualConfig(env: Io['env']): EngineConfig | undefined {
  if (!usualFileExists()) return undefined;
  try {
    return readConfig(usualFile, env).config;
  } catch {
    // What is wrong with it is for `check` and `run` to say.
    return undefined;
  }
}
