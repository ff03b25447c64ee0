import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { table } from './markdown.js';
import { type OperatorSource, readOperators, root, sourceFolder } from './source.js';

interface Manifest {
  readonly version: string;
  readonly license: string;
  readonly engines: object;
  readonly peerDependencies: object;
}

interface Entry {
  readonly types: string;
  readonly default: string;
}

/** package.json of `tocsin-operators`: an entry for each operator and each kernel, and none for what is inside. */
export function operatorsManifest(operators = readOperators().operators) {
  const { version, license, engines, peerDependencies } = readJson<Manifest>('package.json');
  return {
    name: 'tocsin-operators',
    version,
    description:
      'Keyed, bounded RxJS operators for streams of events: rate limits, deduplication, thresholds, windows, absence, escalation.',
    keywords: ['rxjs', 'operators', 'rate-limit', 'dedupe', 'alerting', 'stream-processing'],
    license,
    type: 'module',
    sideEffects: false,
    engines,
    exports: {
      '.': entry('index'),
      './testing': entry('testing/index'),
      ...Object.fromEntries(operators.flatMap(modulesOf).map((name) => [`./${name}`, entry(name)])),
      './package.json': './package.json',
    },
    peerDependencies,
  };
}

/** README.md of `tocsin-operators`: the page for it, with the rule of each operator. */
export function operatorsReadme(operators = readOperators().operators): string {
  const rows = operators.map(({ functionName, doc }) => [`\`${functionName}\``, doc.summary.replace(/\s*\n\s*/g, ' ')]);
  const page = readFileSync(join(root, 'docs/operators/package.md'), 'utf8');
  return page.replace('<!-- operators -->', () => table(['Operator', 'Does'], rows));
}

function modulesOf({ name }: OperatorSource): readonly string[] {
  const kernel = `${name}-kernel`;
  return existsSync(join(sourceFolder, `${kernel}.ts`)) ? [name, kernel] : [name];
}

function entry(module: string): Entry {
  return { types: `./dist/${module}.d.ts`, default: `./dist/${module}.js` };
}

function readJson<T>(path: string): T {
  return JSON.parse(readFileSync(join(root, path), 'utf8')) as T;
}
