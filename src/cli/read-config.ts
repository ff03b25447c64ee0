import { closeSync, existsSync, openSync, readFileSync, readSync } from 'node:fs';
import { ConfigError, type EngineConfig, type LoadedConfig, loadConfig } from '../config/index.js';
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
  return loadConfig(readText(file), { file, env, readFile: readSecretFile });
}

/** A secret is a line or a certificate. A device or a pipe has no size: it is read only so far. */
const maxSecretBytes = 64 * 1024;

function readSecretFile(path: string): string {
  const file = openSync(path, 'r');
  try {
    const buffer = Buffer.alloc(maxSecretBytes + 1);
    let size = 0;
    for (let read = 1; read > 0 && size < buffer.length; size += read)
      read = readSync(file, buffer, size, buffer.length - size, null);
    if (size > maxSecretBytes)
      throw Object.assign(new Error('too large'), { code: `more than ${maxSecretBytes} bytes` });
    return buffer.toString('utf8', 0, size);
  } finally {
    closeSync(file);
  }
}

/** Throws `config_unreadable`. */
export function readText(file: string): string {
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
  } catch (error) {
    // What is wrong with it is for `check` and `run` to say.
    return error instanceof ConfigError && lacksOnlyOthersSecrets(error) ? withoutSecrets(env) : undefined;
  }
}

/** A person at a terminal has not the secrets of the engine, and only asks where it is. */
function lacksOnlyOthersSecrets({ problems }: ConfigError): boolean {
  const ours = /^(nats|gateway)\b/;
  return problems.every(({ code, path }) => code.startsWith('CFG4') || (isUnset(code) && !ours.test(path)));
}

function isUnset(code: string): boolean {
  return code === 'CFG103' || code === 'CFG104';
}

/** A text that is also a URL fits where secrets usually stand. */
const placeholder = 'http://127.0.0.1:9/';

function withoutSecrets(env: Io['env']): EngineConfig | undefined {
  const text = readText(usualFile);
  const names = [...text.matchAll(/\$\{(\w+)\}/g)].map(([, name]) => [name, placeholder]);
  const readFile = (path: string) => (existsSync(path) ? readSecretFile(path) : placeholder);
  try {
    return loadConfig(text, { file: usualFile, env: { ...Object.fromEntries(names), ...env }, readFile }).config;
  } catch {
    return undefined;
  }
}
