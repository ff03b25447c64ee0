import type { ImportFact, SourceFacts } from './source-facts.js';

/** Which folders of `src` a folder may import, beside itself; `engine` stands for the files at the top. */
const allowedFolders: Readonly<Record<string, readonly string[] | 'all'>> = {
  model: [],
  operators: [],
  streams: ['model', 'operators'],
  channels: ['model'],
  gateway: ['model', 'operators'],
  client: ['model'],
  config: ['model'],
  dashboard: ['client', 'model'],
  live: ['model', 'streams', 'config'],
  runtime: ['model', 'operators', 'streams', 'config', 'live'],
  engine: ['model', 'operators', 'streams', 'channels', 'gateway', 'config', 'live', 'runtime'],
  scenario: ['model', 'streams', 'gateway', 'config', 'engine'],
  index: 'all',
  cli: 'all',
};

/** Folders that may import only these packages. */
const allowedPackages: Readonly<Record<string, readonly string[]>> = {
  model: [],
  operators: ['rxjs'],
  client: [],
};

/** Kernels and their parts know no RxJS, so that they outlive its next major. */
const kernelFile = /^operators\/(parts\/|[a-z-]+-kernel\.ts$)/;

/** Packages that are drivers, and the files that may import them. */
const driverPackages: Readonly<Record<string, RegExp>> = {
  nats: /^(streams\/nats(\.ts|\/|-)|cli\/)/,
  ws: /^(gateway\/server\.ts|cli\/)/,
};

/** Files that are drivers: whoever joins the parts gets them handed over. */
const driverFile = /^(streams\/nats|streams\/memory|gateway\/server\.ts)/;

const clock = ['Date.now', 'performance.now', 'setTimeout', 'setInterval', 'setImmediate'];

/** Globals that a folder may not use, save in the files named. */
const forbiddenGlobals: readonly {
  readonly folder: RegExp;
  readonly globals: readonly string[];
  readonly except?: RegExp;
}[] = [
  { folder: /^(model|operators)\//, globals: clock, except: /^operators\/monotonic-scheduler\.ts$/ },
  { folder: /^(?!cli\/)/, globals: ['process'] },
];

/** Everything that breaks a rule, a sentence each; empty when all is well. */
export function violations(read: readonly SourceFacts[]): string[] {
  const files = withTsx(read);
  return [
    ...files.flatMap((file) => file.imports.flatMap((fact) => importViolation(file.path, fact))),
    ...files.flatMap(globalViolations),
    ...unresolved(files),
    ...cycles(files),
  ];
}

/** `./a.js` may stand for `a.tsx` too. */
function withTsx(files: readonly SourceFacts[]): SourceFacts[] {
  const known = new Set(files.map(({ path }) => path));
  const target = (fact: ImportFact) => (known.has(`${fact.target}x`) ? `${fact.target}x` : fact.target);
  return files.map((file) => ({ ...file, imports: file.imports.map((fact) => ({ ...fact, target: target(fact) })) }));
}

function importViolation(path: string, fact: ImportFact): string[] {
  const reason = fact.isFile ? fileReason(path, fact) : packageReason(path, fact.target);
  return reason === undefined ? [] : [`${path} may not import ${fact.target}: ${reason}`];
}

function fileReason(path: string, { target, isTypeOnly }: ImportFact): string | undefined {
  const [from, to] = [folderOf(path), folderOf(target)];
  if (from === to) return undefined;
  if (to === 'cli') return 'nobody imports cli';
  const allowed = allowedFolders[from];
  if (allowed === undefined) return `${from} has no rule of its own`;
  if (allowed !== 'all' && !allowed.includes(to)) return `${from} does not know ${to}`;
  if (from === 'client' && !(target === 'model/wire.ts' && isTypeOnly))
    return 'client knows types of model/wire.ts only';
  if ((from === 'engine' || from === 'runtime') && driverFile.test(target))
    return 'drivers are picked by cli and index';
  return undefined;
}

function packageReason(path: string, name: string): string | undefined {
  if (kernelFile.test(path)) return 'a kernel uses no package';
  const allowed = allowedPackages[folderOf(path)];
  if (allowed !== undefined && !allowed.includes(name))
    return `${folderOf(path)} uses ${allowed.join(', ') || 'no package'}`;
  const home = driverPackages[name];
  return home === undefined || home.test(path) ? undefined : `${name} belongs to ${home.source}`;
}

function globalViolations({ path, globals }: SourceFacts): string[] {
  return forbiddenGlobals
    .filter(({ folder, except }) => folder.test(path) && !except?.test(path))
    .flatMap((rule) => globals.filter((name) => rule.globals.includes(name)))
    .map((name) => `${path} may not use ${name}`);
}

function folderOf(path: string): string {
  const [folder, ...rest] = path.split('/');
  if (rest.length > 0) return folder!;
  return path === 'index.ts' ? 'index' : 'engine';
}

/** An import that leads nowhere would escape every other check. */
function unresolved(files: readonly SourceFacts[]): string[] {
  const known = new Set(files.map(({ path }) => path));
  return files.flatMap(({ path, imports }) =>
    imports
      .filter(({ target, isFile }) => isFile && /\.tsx?$/.test(target) && !known.has(target))
      .map(({ target }) => `${path} imports ${target}, which is not there`),
  );
}

/** Chains of imports that come back to where they began, types included; each is told once. */
function cycles(files: readonly SourceFacts[]): string[] {
  const edges = new Map(files.map(({ path, imports }) => [path, imports.filter((i) => i.isFile).map((i) => i.target)]));
  const done = new Set<string>();
  const found: string[] = [];
  const visit = (path: string, chain: readonly string[]): void => {
    const at = chain.indexOf(path);
    if (at >= 0) found.push(`import cycle: ${[...chain.slice(at), path].join(' → ')}`);
    if (at >= 0 || done.has(path)) return;
    for (const target of edges.get(path) ?? []) visit(target, [...chain, path]);
    done.add(path);
  };
  for (const path of edges.keys()) visit(path, []);
  return found;
}
