import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import { expect, it } from 'vitest';

it('the client has at most 8 kB, bundled, minified and gzipped, and needs nothing else', async () => {
  const { outputFiles, metafile } = await build({
    entryPoints: ['src/client/index.ts'],
    bundle: true,
    minify: true,
    format: 'esm',
    platform: 'browser',
    write: false,
    metafile: true,
  });
  expect(Object.keys(metafile.inputs).every((file) => file.startsWith('src/client/'))).toBe(true);
  expect(gzipSync(outputFiles[0]!.contents).length).toBeLessThanOrEqual(8_000);
});
