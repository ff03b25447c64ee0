#!/usr/bin/env node
// Prints the path of a nats-server on stdout: TOCSIN_NATS_SERVER, the one on the PATH, the one fetched before, or else
// Debian's package, taken from the machine's own package sources into the user's cache. Needs no root and changes
// nothing outside that cache. apt checks the signature. Exit 69 when none can be had.
import { execFileSync } from 'node:child_process';
import { accessSync, constants, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';

const unavailable = 69;
const aptMs = 60_000;
const { env } = process;
const cache = join(env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'tocsin', 'nats-server');
const cached = join(cache, 'nats-server');

try {
  console.log(installed() ?? fetchPackage());
} catch (error) {
  console.error(`fetch-nats-server: ${error.message}`);
  console.error('fetch-nats-server: install one (apt-get install nats-server), or name it in TOCSIN_NATS_SERVER');
  process.exitCode = unavailable;
}

function installed() {
  if (env.TOCSIN_NATS_SERVER) {
    if (isExecutable(env.TOCSIN_NATS_SERVER)) return env.TOCSIN_NATS_SERVER;
    throw new Error(`TOCSIN_NATS_SERVER names ${env.TOCSIN_NATS_SERVER}, which cannot be run`);
  }
  // The system folders are not on the PATH of every user.
  const folders = [...(env.PATH ?? '').split(delimiter), '/usr/sbin', '/usr/local/sbin'].filter(Boolean);
  return [...folders.map((folder) => join(folder, 'nats-server')), cached].find(isExecutable);
}

function isExecutable(path) {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function fetchPackage() {
  console.error('fetch-nats-server: fetching the nats-server package');
  mkdirSync(cache, { recursive: true });
  const folder = mkdtempSync(join(cache, 'fetch-'));
  try {
    return unpack(folder, download(folder));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** With lists and cache of our own, apt needs neither root nor the system's lock. */
function download(folder) {
  for (const part of ['lists/partial', 'cache/archives/partial']) mkdirSync(join(folder, part), { recursive: true });
  const options = [
    `Dir::State::lists=${join(folder, 'lists')}`,
    `Dir::Cache=${join(folder, 'cache')}`,
    'Debug::NoLocking=1',
    'APT::Sandbox::User=root',
    'Acquire::http::Timeout=10',
    'Acquire::Retries=1',
  ].flatMap((option) => ['-o', option]);
  const update = attempt(() => run('apt-get', [...options, 'update'], folder));
  const download = attempt(() => run('apt-get', [...options, 'download', 'nats-server'], folder));
  const file = readdirSync(folder).find((name) => name.endsWith('.deb'));
  if (file === undefined) throw new Error(`no package could be downloaded: ${download ?? update}`);
  return join(folder, file);
}

/** What went wrong in one line, or `undefined`. One broken source among many does not matter if the package is had. */
function attempt(work) {
  try {
    work();
    return undefined;
  } catch (error) {
    const said = String(error.stderr ?? '')
      .trim()
      .split('\n')
      .at(-1);
    return said || error.message;
  }
}

function unpack(folder, file) {
  run('dpkg-deb', ['-x', file, join(folder, 'package')], folder);
  renameSync(join(folder, 'package', 'usr', 'sbin', 'nats-server'), cached);
  run(cached, ['--version'], folder);
  return cached;
}

function run(command, args, cwd) {
  execFileSync(command, args, { cwd, timeout: aptMs, stdio: ['ignore', 'pipe', 'pipe'], env: { ...env, LC_ALL: 'C' } });
}
