// The figures of a long run of test/faults, as a table on the terminal and in bench/results/faults.md.
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, loadavg, tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
import { root } from './build-parts.mjs';

/** From now on the tests of this run take the long form, and leave their figures behind. */
export function collectFigures() {
  const folder = mkdtempSync(join(tmpdir(), 'tocsin-faults-'));
  process.env.TOCSIN_FAULTS = 'long';
  process.env.TOCSIN_FAULTS_REPORT = folder;
  return {
    /** Writes the page only when everything was run and held. */
    write({ complete }) {
      const text = page(read(folder));
      rmSync(folder, { recursive: true, force: true });
      console.log(text);
      if (complete) writeFileSync(join(root, 'bench/results/faults.md'), text);
    },
  };
}

function read(folder) {
  const rows = readdirSync(folder).map((file) => JSON.parse(readFileSync(join(folder, file), 'utf8')));
  return rows.sort((a, b) => a.fault.localeCompare(b.fault, 'en', { numeric: true }));
}

function page(rows) {
  const head = `# Faults\n\nMade by \`npm run test:faults\` on ${new Date().toISOString().slice(0, 10)}: ${machine()}.\n`;
  const lines = [
    '| | What was broken | Notifications | Lost | Duplicated | Recovery | |',
    '|---|---|--:|--:|--:|---|---|',
    ...rows.map(line),
  ];
  return `${head}\n${lines.join('\n')}\n`;
}

function line({ fault, what, expected, lost, duplicated, recovery = '', note = '' }) {
  return `| ${fault} | ${what} | ${expected} | ${lost} | ${duplicated} | ${recovery} | ${note} |`;
}

function machine() {
  const model = cpus()[0]?.model.trim() ?? 'unknown CPU';
  const memory = `${Math.round(totalmem() / 2 ** 30)} GiB`;
  return `${model}, ${cpus().length} cores, ${memory}, ${process.platform}, Node ${process.versions.node}, load ${loadavg()[0].toFixed(1)}`;
}
