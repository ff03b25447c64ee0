import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import { readOperators, sourceFolder } from './source.js';

export interface OperatorSize {
  readonly name: string;
  /** Bundled with all that it needs but rxjs, minified, gzip -9. */
  readonly bytes: number;
}

/** What each operator brings into a page by itself; all of them together come last. */
export async function operatorSizes(operators = readOperators().operators): Promise<readonly OperatorSize[]> {
  const entries = operators.map(({ name, functionName }) => [
    functionName,
    `export { ${functionName} } from './${name}.js';`,
  ]);
  const all = ['all of them', "export * from './index.js';"];
  return Promise.all(
    [...entries, all].map(async ([name, text]) => ({ name: name!, bytes: await bundledBytes(text!) })),
  );
}

async function bundledBytes(contents: string): Promise<number> {
  const { outputFiles } = await build({
    stdin: { contents, resolveDir: sourceFolder, loader: 'ts' },
    absWorkingDir: join(sourceFolder, '../..'),
    external: ['rxjs'],
    bundle: true,
    minify: true,
    format: 'esm',
    target: 'es2023',
    write: false,
    logLevel: 'silent',
  });
  return gzipSync(outputFiles[0]!.contents, { level: 9 }).length;
}
