import { describe, expect, it } from 'vitest';
import { violations } from './rules.js';
import { factsOf, readSources } from './source-facts.js';

const sources = readSources(new URL('../../src/', import.meta.url));

/** What is wrong with a project of these files. */
function judged(files: Readonly<Record<string, string>>): string[] {
  return violations(Object.entries(files).map(([path, text]) => factsOf(path, text)));
}

describe('the source tree', () => {
  it('is read in full', () => {
    const folders = new Set(sources.map(({ path }) => path.split('/')[0]));
    expect([...folders]).toEqual(expect.arrayContaining(['model', 'operators', 'streams', 'gateway', 'config', 'cli']));
  });

  it('keeps every rule of import, has no cycle, and asks for time and process only where they belong', () => {
    expect(violations(sources)).toEqual([]);
  });
});

describe('the check of the source tree', () => {
  const anywhere = {
    'model/wire.ts': '',
    'model/a.ts': '',
    'operators/a.ts': '',
    'streams/nats.ts': '',
    'cli/a.ts': '',
    'dashboard/icons.tsx': '',
  };

  it.each([
    ['model', 'model/b.ts', "import { x } from '../operators/a.js';", 'model does not know operators'],
    ['model', 'model/b.ts', "import { z } from 'zod';", 'model uses no package'],
    ['model', 'model/b.ts', "import 'node:fs';", 'model uses no package'],
    ['operators', 'operators/b.ts', "import type { X } from '../model/a.js';", 'operators does not know model'],
    ['operators', 'operators/b.ts', "import pino from 'pino';", 'operators uses rxjs'],
    ['a kernel', 'operators/b-kernel.ts', "import { map } from 'rxjs';", 'a kernel uses no package'],
    ['a part', 'operators/parts/b.ts', "import type { Observable } from 'rxjs';", 'a kernel uses no package'],
    ['streams', 'streams/b.ts', "export * from '../cli/a.js';", 'nobody imports cli'],
    ['streams', 'streams/b.ts', "import { connect } from 'nats';", 'nats belongs to'],
    ['streams', 'streams/b.ts', "const lazy = () => import('nats');", 'nats belongs to'],
    ['channels', 'channels/b.ts', "import { x } from '../operators/a.js';", 'channels does not know operators'],
    ['gateway', 'gateway/b.ts', "import { WebSocketServer } from 'ws';", 'ws belongs to'],
    ['gateway', 'gateway/b.ts', "import { x } from '../streams/nats.js';", 'gateway does not know streams'],
    ['client', 'client/b.ts', "import { x } from '../model/wire.js';", 'client knows types'],
    ['client', 'client/b.ts', "import type { X } from '../model/a.js';", 'client knows types'],
    ['client', 'client/b.ts', "import { map } from 'rxjs';", 'client uses no package'],
    ['config', 'config/b.ts', "import { x } from '../operators/a.js';", 'config does not know operators'],
    ['the engine', 'engine.ts', "import { x } from './streams/nats.js';", 'drivers are picked by'],
    ['the engine', 'engine.ts', "import type { X } from './cli/a.js';", 'nobody imports cli'],
    ['an unknown folder', 'utils/b.ts', "import { x } from '../model/a.js';", 'utils has no rule'],
    ['anybody', 'model/b.ts', "import { x } from './gone.js';", 'which is not there'],
  ])('finds a forbidden import of %s (%s: %s)', (_, path, text, reason) => {
    expect(judged({ ...anywhere, [path]: text })).toEqual([expect.stringContaining(reason)]);
  });

  it.each([
    ['operators/b.ts', "import { map } from 'rxjs/operators';"],
    ['streams/nats.ts', "import { connect } from 'nats';"],
    ['streams/nats/log.ts', "import { connect } from 'nats';"],
    ['gateway/server.ts', "import { WebSocketServer } from 'ws';"],
    ['client/b.ts', "import { type X, type Y } from '../model/wire.js';"],
    ['dashboard/b.tsx', "import { x } from './icons.js'; import './style.css';"],
    ['cli/b.ts', "import { x } from '../streams/nats.js'; process.exit(Date.now());"],
    ['operators/monotonic-scheduler.ts', 'setTimeout(() => performance.now(), 1);'],
    ['streams/b.ts', 'setTimeout(() => Date.now(), 1);'],
    ['operators/b.ts', 'const kernel = { process(now: number) { return now; } }; kernel.process(1);'],
    ['operators/b.ts', '// Date.now() and process.env are not used here\nconst text = "setTimeout";'],
  ])('lets pass what is allowed (%s: %s)', (path, text) => {
    expect(judged({ ...anywhere, [path]: text })).toEqual([]);
  });

  it.each([
    ['operators/b.ts', 'const now = Date.now();', 'Date.now'],
    ['operators/b.ts', 'const clock = { now: Date.now };', 'Date.now'],
    ['operators/b.ts', 'performance.now();', 'performance.now'],
    ['operators/b.ts', 'globalThis.setTimeout(() => {}, 1);', 'setTimeout'],
    ['operators/b.ts', 'const { setInterval: every } = globalThis; setInterval(() => {}, 1);', 'setInterval'],
    ['model/b.ts', 'export const at = Date.now();', 'Date.now'],
    ['streams/b.ts', 'process.on("exit", () => {});', 'process'],
    ['config/b.ts', 'const { env } = process;', 'process'],
    ['engine.ts', 'const shared = { process };', 'process'],
  ])('finds a global where it does not belong (%s: %s)', (path, text, name) => {
    expect(judged({ [path]: text })).toEqual([`${path} may not use ${name}`]);
  });

  it('finds a cycle, through types too, and tells the way round once', () => {
    expect(
      judged({
        'model/a.ts': "import { b } from './b.js';",
        'model/b.ts': "import type { C } from './c.js';",
        'model/c.ts': "export { a } from './a.js';",
        'model/d.ts': "import { a } from './a.js';",
      }),
    ).toEqual(['import cycle: model/a.ts → model/b.ts → model/c.ts → model/a.ts']);
  });
});
