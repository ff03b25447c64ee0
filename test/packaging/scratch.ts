import { execFile } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const execute = promisify(execFile);
const root = join(import.meta.dirname, '../..');

/** Output of a command; rejects, with all that it said, when its status is not 0. */
export async function run(command: string, args: readonly string[], cwd = root): Promise<string> {
  try {
    const { stdout, stderr } = await execute(command, args, { cwd, maxBuffer: 2 ** 26 });
    return `${stdout}${stderr}`;
  } catch (error) {
    const { stdout, stderr } = error as { stdout: string; stderr: string };
    throw new Error(`${command} ${args.join(' ')}\n${stdout}${stderr}`);
  }
}

/** A folder that is gone afterwards, with a place for packages and for the projects that use them. */
export class Scratch implements AsyncDisposable {
  readonly folder = mkdtempSync(join(tmpdir(), 'tocsin-packaging-'));
  readonly packages = join(this.folder, 'packages');

  constructor() {
    mkdirSync(this.packages);
  }

  /** Path of the packed file whose name starts so. */
  packed(name: string): string {
    const file = readdirSync(this.packages).find((candidate) => new RegExp(`^${name}-\\d`).test(candidate));
    if (file === undefined) throw new Error(`${name} was not packed`);
    return join(this.packages, file);
  }

  /** Packs installed packages anew, so that they can be installed elsewhere without a registry. */
  async packInstalled(...names: string[]): Promise<void> {
    await this.pack(...names.map((name) => join(root, 'node_modules', name)));
  }

  async pack(...folders: string[]): Promise<void> {
    await run('npm', ['pack', ...folders, '--ignore-scripts', '--loglevel=error', '--pack-destination', this.packages]);
  }

  /** A project with the fixtures in it. */
  project(name: string): string {
    const folder = join(this.folder, name);
    cpSync(join(import.meta.dirname, 'fixtures/consumer'), folder, { recursive: true });
    return folder;
  }

  /** Puts a package in place as npm would, but without what it depends on. */
  async unpack(name: string, project: string): Promise<void> {
    const target = join(project, 'node_modules', name);
    mkdirSync(target, { recursive: true });
    await run('tar', ['xzf', this.packed(name), '--strip-components=1', '-C', target]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    rmSync(this.folder, { recursive: true, force: true });
  }
}
