// What there is to build, and when it has to be built again.
import { spawn } from 'node:child_process';
import { chmodSync, existsSync, readdirSync, renameSync, rmSync, statSync, utimesSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');

export const library = {
  name: 'library',
  output: 'dist/index.js',
  sources: ['src', 'tsconfig.json', 'tsconfig.build.json'],
  run: compileLibrary,
};

export const command = {
  name: 'command',
  output: 'dist/bin/tocsin.js',
  sources: ['src'],
  run: bundleCommand,
};

export const dashboard = {
  name: 'dashboard',
  output: 'dist/dashboard/index.html',
  sources: ['src/dashboard', 'src/client', 'src/model', 'vite.config.ts'],
  run: () => node('node_modules/vite/bin/vite.js', 'build', '--logLevel', 'warn'),
};

/** Builds those parts that are older than their sources, side by side. Rejects with the first failure. */
export async function build(parts) {
  for (const result of await Promise.allSettled(parts.filter(isStale).map(run))) {
    if (result.status === 'rejected') throw result.reason;
  }
}

async function run(part) {
  const started = new Date();
  await part.run();
  // A source that changed during the build must count as newer.
  utimesSync(join(root, part.output), started, started);
  console.error(`built ${part.name} in ${Date.now() - started.getTime()} ms`);
}

function isStale({ output, sources }) {
  const built = newest(output);
  return [...sources, 'package-lock.json', 'scripts/lib/build-parts.mjs'].some((source) => newest(source) > built);
}

/** Newest modification time at or under `path`, 0 when there is nothing; a folder's own time tells of deletions. */
function newest(path) {
  const full = join(root, path);
  if (!existsSync(full)) return 0;
  const stat = statSync(full);
  if (!stat.isDirectory()) return stat.mtimeMs;
  return Math.max(stat.mtimeMs, ...readdirSync(full).map((name) => newest(join(path, name))));
}

async function compileLibrary() {
  await node('node_modules/typescript/bin/tsc', '-p', 'tsconfig.build.json');
  for (const file of orphans()) rmSync(join(root, 'dist', file));
}

/** What the compiler made of sources that are gone since; it would be packed otherwise. */
function orphans() {
  const files = readdirSync(join(root, 'dist'), { recursive: true, encoding: 'utf8' });
  const compiled = files.filter((file) => /\.(js|d\.ts)(\.map)?$/.test(file) && !/^(bin|dashboard)[\\/]/.test(file));
  const hasSource = (file) => existsSync(join(root, 'src', file.replace(/\.(js|d\.ts)(\.map)?$/, '.ts')));
  return compiled.filter((file) => !hasSource(file));
}

// Some dependencies are CommonJS and call `require` for node's own modules, which an ES module does not have.
const banner = `#!/usr/bin/env node
import { createRequire as createRequireOfBundle } from 'node:module';
const require = createRequireOfBundle(import.meta.url);`;

async function bundleCommand() {
  const { build: esbuild } = await import('esbuild');
  const unfinished = join(root, `${command.output}.${process.pid}`);
  await esbuild({
    absWorkingDir: root,
    entryPoints: ['src/cli/main.ts'],
    outfile: unfinished,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    external: ['msgpackr-extract', 'bufferutil', 'utf-8-validate'],
    banner: { js: banner },
    logLevel: 'warning',
  });
  chmodSync(unfinished, 0o755);
  // Whoever reads meanwhile, or builds at the same time, never sees half a file.
  renameSync(unfinished, join(root, command.output));
}

function node(script, ...args) {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [join(root, script), ...args], { cwd: root, stdio: 'inherit' });
    child.once('error', reject);
    child.once('exit', (code) => (code === 0 ? resolve() : reject(new Error(`${script} ended with status ${code}`))));
  });
}
