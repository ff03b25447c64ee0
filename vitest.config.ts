import { defineConfig } from 'vitest/config';

export default defineConfig({
  resolve: { tsconfigPaths: true },
  test: {
    include: ['test/**/*.test.ts'],
    exclude: ['test/browser/**', 'node_modules/**'],
    // More runs of each property take longer.
    testTimeout: 20_000 + 40 * Number(process.env['TOCSIN_PROPERTY_RUNS'] ?? 0),
    hookTimeout: 30_000,
    globalSetup: [],
    reporters: ['default'],
  },
});
