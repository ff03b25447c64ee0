import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The words that begin its command line, or why there are none. */
export type Found = { readonly command: readonly string[] } | { readonly missing: string };

const packageName = 'prometheus-alertmanager';
const cache = fileURLToPath(new URL('../.cache/alertmanager/', import.meta.url));

const unpacked = join(cache, 'usr/bin', packageName);
/** It opens its templates where Debian puts them: there, for this process alone, stands what was unpacked. */
const inPlace = ['unshare', '-rm', 'sh', '-c', 'mount --bind "$0" /usr/share && exec "$@"', join(cache, 'usr/share')];

/** Debian's Alertmanager: the one that is installed, else its package, unpacked into a folder of ours without root. */
export function setUpAlertmanager(): Found {
  const folders = (process.env['PATH'] ?? '').split(delimiter);
  const installed = folders.map((folder) => join(folder, packageName)).find((path) => existsSync(path));
  if (installed !== undefined) return { command: [installed] };
  try {
    if (!existsSync(unpacked)) download();
    return { command: [...inPlace, unpacked] };
  } catch (error) {
    return { missing: `${packageName} cannot be had: ${reasonOf(error)}` };
  }
}

function download(): void {
  mkdirSync(cache, { recursive: true });
  const run = (command: string, args: readonly string[]) => execFileSync(command, args, { cwd: cache, stdio: 'pipe' });
  run('apt-get', ['download', packageName]);
  const archive = readdirSync(cache).find((name) => name.endsWith('.deb'))!;
  run('dpkg-deb', ['-x', archive, '.']);
}

function reasonOf(error: unknown): string {
  const { stderr, message } = error as Error & { readonly stderr?: Buffer };
  return (stderr?.toString().trim() || message).split('\n')[0]!;
}
