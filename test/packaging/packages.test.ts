import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { run, Scratch } from './scratch.js';

const root = join(import.meta.dirname, '../..');
const bin = join(root, 'node_modules');
const tsc = join(bin, 'typescript/bin/tsc');
/** Compilers run here, perhaps beside the rest of the suite. */
const patienceMs = 240_000;
vi.setConfig({ testTimeout: patienceMs });

const scratch = new Scratch();
/** A project in which npm installed tocsin-operators; tocsin, whose dependencies no test needs, was unpacked there. */
const consumer = scratch.project('consumer');

beforeAll(async () => {
  await run(process.execPath, ['scripts/build.mjs', '--library']);
  await Promise.all([
    run(process.execPath, ['--import', 'tsx', 'scripts/pack-operators.ts', scratch.packages]),
    scratch.pack('.'),
    scratch.packInstalled('rxjs', 'tslib'),
  ]);
  writeFileSync(join(consumer, 'package.json'), '{ "private": true }');
  const packages = ['tocsin-operators', 'rxjs', 'tslib'].map((name) => scratch.packed(name));
  await run('npm', ['install', '--offline', '--no-audit', '--no-fund', '--loglevel=error', ...packages], consumer);
  await scratch.unpack('tocsin', consumer);
}, patienceMs);

afterAll(() => scratch[Symbol.asyncDispose]());

describe.each(['tocsin', 'tocsin-operators'])('the package %s', (name) => {
  it('has nothing that publint objects to', async () => {
    const cli = join(bin, 'publint/src/cli.js');
    expect(await run(process.execPath, [cli, scratch.packed(name), '--strict'])).toContain('All good');
  });

  it('has types that fit what is there, wherever ESM can be loaded', async () => {
    const cli = join(bin, '@arethetypeswrong/cli/dist/index.js');
    expect(await run(process.execPath, [cli, scratch.packed(name), '--profile', 'esm-only', '--quiet'])).toBe('');
  });
});

describe('tocsin-operators', () => {
  it('has rxjs as its only peer, and no dependency', () => {
    const manifest = JSON.parse(readFileSync(join(installed(), 'package.json'), 'utf8')) as Record<string, unknown>;
    expect(manifest['peerDependencies']).toEqual({ rxjs: '^7.8.0' });
    expect(manifest).not.toHaveProperty('dependencies');
    expect(manifest).not.toHaveProperty('scripts');
  });

  it('holds operators, their types, and nothing else', () => {
    const others = filesOf(installed()).filter((file) => !/^dist\/.*\.(d\.ts|js)$/.test(file));
    expect(others.toSorted()).toEqual(['LICENSE', 'README.md', 'package.json']);
  });

  it('works in an ESM project, with the conformance suite, and keeps its inside to itself', async () => {
    expect(await run(process.execPath, ['esm.mjs'], consumer)).toBe('');
  });

  it('works in a CommonJS project, on the same rxjs, without a warning', async () => {
    expect(await run(process.execPath, ['commonjs.cjs'], consumer)).toBe('');
  });

  it('has kernels that work where there is no rxjs', async () => {
    const folder = scratch.project('no-rxjs');
    await scratch.unpack('tocsin-operators', folder);
    expect(await run(process.execPath, ['kernel.mjs'], folder)).toBe('');
  });

  it.each([
    ['nodenext', 'nodenext', ['strict.ts', 'strict-commonjs.cts', 'engine.ts']],
    ['bundler', 'esnext', ['strict.ts', 'engine.ts']],
  ])(
    'type-checks, as tocsin/operators does, in a strict project that resolves modules as %s does',
    async (resolution, module, files) => {
      expect(await check(resolution, module, files)).toBe('');
    },
  );
});

describe('tocsin', () => {
  it('holds nothing that was made of a source that is gone', () => {
    const isCompiled = (file: string) => /^(?!bin|dashboard).*\.js$/.test(file);
    const compiled = filesOf(join(consumer, 'node_modules/tocsin/dist')).filter(isCompiled);
    const orphans = compiled.filter((file) => !existsSync(join(root, 'src', file.replace(/js$/, 'ts'))));
    expect(compiled).toContain('index.js');
    expect(orphans).toEqual([]);
  });
});

describe('tocsin/operators', () => {
  it('works beside tocsin-operators, and keeps its inside to itself', async () => {
    expect(await run(process.execPath, ['engine.mjs'], consumer)).toBe('');
  });

  it('has the same files as tocsin-operators', () => {
    const ours = join(consumer, 'node_modules/tocsin/dist/operators');
    const theirs = join(installed(), 'dist');
    const differ = filesOf(theirs).filter((file) => textOf(join(ours, file)) !== textOf(join(theirs, file)));
    expect(differ).toEqual([]);
  });
});

function installed(): string {
  return join(consumer, 'node_modules/tocsin-operators');
}

/** What the compiler says, under the strictest options and without skipping declarations. */
function check(moduleResolution: string, module: string, files: readonly string[]): Promise<string> {
  const strict = ['--strict', '--exactOptionalPropertyTypes', '--noUncheckedIndexedAccess', '--skipLibCheck', 'false'];
  const how = ['--noEmit', '--target', 'es2023', '--moduleResolution', moduleResolution, '--module', module];
  return run(process.execPath, [tsc, ...strict, ...how, ...files], consumer);
}

function filesOf(folder: string): string[] {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1));
}

function textOf(path: string): string {
  return readFileSync(path, 'utf8')
    .replace(/\n\/\/# sourceMappingURL=.*\s*$/, '')
    .trimEnd();
}
