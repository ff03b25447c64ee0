import { fileURLToPath } from 'node:url';
import { buildSync } from 'esbuild';

/**
 * Bundles `file`, a path within this folder, and says where the result lies. As users run it: what loads TypeScript on
 * the fly makes functions dearer, by a sixth of the cost of a sample.
 */
export function bundle(file: string): string {
  const path = (relative: string) => fileURLToPath(new URL(relative, import.meta.url));
  const outfile = path(`../.cache/bench/${file.replace(/ts$/, 'mjs')}`);
  buildSync({
    ...{ entryPoints: [path(file)], outfile, bundle: true, packages: 'external', logLevel: 'error' },
    ...{ platform: 'node', format: 'esm', target: 'node20' },
  });
  return outfile;
}
