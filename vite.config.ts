import preact from '@preact/preset-vite';
import { defineConfig, type Plugin } from 'vite';

/** The dashboard: one page without inline scripts, so that a strict content security policy holds. */
export default defineConfig({
  root: 'src/dashboard',
  base: './',
  plugins: [preact({ prefreshEnabled: false, devToolsEnabled: false }), slimUplot()],
  build: {
    outDir: '../../dist/dashboard',
    emptyOutDir: true,
    target: 'es2023',
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
  },
});

/** What no bundler can see that we do not use: helpers and ways to draw hung on the class, logarithmic axes, dates. */
const unusedInUplot: readonly (readonly [pattern: RegExp, replacement: string])[] = [
  [/\nuPlot\.assign = assign;[\s\S]*(?=\nexport \{)/, '\nuPlot.pxRatio = pxRatio;\nuPlot.sync = _sync;\n'],
  [
    /\nfunction logAxisSplits\([\s\S]*(?=\nfunction numSeriesVal)/,
    '\nconst [logAxisSplits, asinhAxisSplits, log10AxisValsFilt, log2AxisValsFilt] = [retArg0, retArg0, retArg1, retArg1];\n',
  ],
  [/(?<=\tconst _timeAxisStamps = )\[[\s\S]*?\n\t\](?=;)/, '[]'],
  [/\nconst months = \[[\s\S]*(?=\nconst localTz)/, "\nconst fmtDate = () => () => '';\n"],
];

/** Saves 4 kB of the page, gzipped. Fails when a new version of uPlot looks different. */
function slimUplot(): Plugin {
  return {
    name: 'slim-uplot',
    transform(code, id) {
      if (!id.endsWith('uPlot.esm.js')) return null;
      const slim = unusedInUplot.reduce((text, [pattern, replacement]) => {
        if (!pattern.test(text)) throw new Error(`uPlot has changed: ${pattern} in vite.config.ts finds nothing`);
        return text.replace(pattern, replacement);
      }, code);
      return { code: slim, map: null };
    },
  };
}
