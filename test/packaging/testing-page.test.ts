import '../../examples/testing/after-quiet.vitest.js';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { run } from './scratch.js';

const root = join(import.meta.dirname, '../..');

it.each([
  ['after-quiet', 13],
  ['records', 19],
])('the example %s of the testing page passes with node:test', async (name, checks) => {
  const said = await run(process.execPath, ['--import', 'tsx', '--test', `examples/testing/${name}.node.ts`]);
  expect(said).toMatch(new RegExp(`^# pass ${checks}$`, 'm'));
});

it.each(['after-quiet.ts', 'after-quiet.node.ts', 'records.ts', 'records.node.ts'])(
  '%s stands on the testing page as it is',
  (file) => {
    const example = readFileSync(join(root, 'examples/testing', file), 'utf8');
    expect(readFileSync(join(root, 'docs/operators/testing.md'), 'utf8')).toContain(`\`\`\`ts\n${example}\`\`\`\n`);
  },
);

it('the example for Vitest differs in its import only', () => {
  const [node, vitest] = ['node', 'vitest'].map((runner) => {
    const text = readFileSync(join(root, `examples/testing/after-quiet.${runner}.ts`), 'utf8');
    return text.replace(/^import .* from '(node:test|vitest)';\n/m, '');
  });
  expect(vitest).toBe(node);
});
