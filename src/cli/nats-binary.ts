import { accessSync, constants } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import { TocsinError } from '../model/errors.js';

type Env = Readonly<Record<string, string | undefined>>;

/**
 * Path of a nats-server: `TOCSIN_NATS_SERVER`, else the one on the PATH, else the copy that the repository's scripts
 * fetched into the cache. Throws `nats_missing`.
 */
export function findNatsServer(env: Env): string {
  const named = env['TOCSIN_NATS_SERVER'];
  if (named) {
    if (isExecutable(named)) return named;
    throw new TocsinError('nats_missing', `TOCSIN_NATS_SERVER names ${named}, which cannot be run`);
  }
  const found = candidates(env).find(isExecutable);
  if (found !== undefined) return found;
  throw new TocsinError('nats_missing', 'no nats-server on the PATH, and none in the cache');
}

function candidates(env: Env): string[] {
  const folders = (env['PATH'] ?? '').split(delimiter).filter((folder) => folder !== '');
  const cache = env['XDG_CACHE_HOME'] || join(homedir(), '.cache');
  return [...folders, '/usr/sbin', '/usr/local/sbin', join(cache, 'tocsin', 'nats-server')].map((folder) =>
    join(folder, 'nats-server'),
  );
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
