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

/**
 * uPlot hangs helpers and three more ways to draw a line on its class, where no bundler can tell that nobody uses them.
 * Left off, they save 3 kB of the page. Fails when a new version of uPlot looks different.
 */
function slimUplot(): Plugin {
  const extras = /\nuPlot\.assign = assign;[\s\S]*(?=\nexport \{)/;
  return {
    name: 'slim-uplot',
    transform(code, id) {
      if (!id.endsWith('uPlot.esm.js')) return null;
      if (!extras.test(code)) throw new Error('uPlot has changed: look at slimUplot in vite.config.ts');
      return { code: code.replace(extras, '\nuPlot.pxRatio = pxRatio;\nuPlot.sync = _sync;\n'), map: null };
    },
  };
}
