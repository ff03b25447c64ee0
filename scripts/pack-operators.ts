#!/usr/bin/env node
// `npm run pack:operators -- [FOLDER]`: packs src/operators alone, as `tocsin-operators`, into FOLDER (default: here).
// Compiles into a folder of its own, so that nothing that an older build left behind gets in.
import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { operatorsManifest, operatorsReadme } from './operators/package.js';
import { readOperators, root } from './operators/source.js';

const destination = resolve(process.argv[2] ?? '.');
const stage = mkdtempSync(join(tmpdir(), 'tocsin-operators-'));
try {
  const { operators } = readOperators();
  writeFileSync(join(stage, 'package.json'), `${JSON.stringify(operatorsManifest(operators), undefined, 2)}\n`);
  writeFileSync(join(stage, 'README.md'), operatorsReadme(operators));
  copyFileSync(join(root, 'LICENSE'), join(stage, 'LICENSE'));
  const tsc = join(root, 'node_modules/typescript/bin/tsc');
  run(process.execPath, [tsc, '-p', 'tsconfig.operators.json', '--outDir', join(stage, 'dist')]);
  mkdirSync(destination, { recursive: true });
  run('npm', ['pack', stage, '--ignore-scripts', '--loglevel=error', '--pack-destination', destination]);
} catch (error) {
  console.error(`pack-operators: ${(error as Error).message}`);
  process.exitCode = 1;
} finally {
  rmSync(stage, { recursive: true, force: true });
}

function run(command: string, args: readonly string[]): void {
  execFileSync(command, args, { cwd: root, stdio: 'inherit' });
}
