import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { commentDiagrams } from '../../scripts/operators/comment-diagrams.js';
import { drawDiagrams } from '../../scripts/operators/diagrams.js';
import { parseDocComment } from '../../scripts/operators/doc-comment.js';
import { operatorPages, pagesFolder } from '../../scripts/operators/pages.js';

const generated = await operatorPages();
const written = readdirSync(pagesFolder).filter((file) => file.endsWith('.md'));

describe('the pages of the operators', () => {
  it.each([...generated.keys()])('%s is what `npm run docs` makes of the source', (file) => {
    expect(read(file)).toBe(generated.get(file));
  });

  it('are all linked on the page that helps to choose', () => {
    const links = linksOf(read('README.md'));
    expect([...generated.keys()].filter((file) => !links.includes(file))).toEqual([]);
  });

  it('link to pages that are there', () => {
    const dead = written.flatMap((file) => linksOf(read(file)).filter((link) => !written.includes(link)));
    expect(dead).toEqual([]);
  });

  it('link to files that are there', () => {
    const targets = written.flatMap((file) =>
      [...read(file).matchAll(/\]\((\.\.\/[^)#]+)/g)].map(([, target]) => target!),
    );
    expect(targets.filter((target) => !existsSync(join(pagesFolder, target)))).toEqual([]);
  });
});

describe('a page shows', () => {
  it('what is emitted, member by member, for each kind if there are several', () => {
    expect(sectionOf('aggregate.md', 'Output')).toContain('| `coverage` | `number` | How much of the window');
    expect(sectionOf('conflate.md', 'Output')).toContain('| `min?` | `number` | Lowest of their numbers');
    expect(kindsOf('absence.md', 'Output')).toEqual(['absent', 'present', 'forgotten']);
    expect(kindsOf('threshold.md', 'Output')).toEqual(['firing', 'changed', 'resolved']);
    expect(sectionOf('threshold.md', 'Output')).toContain('| `level` | `string \\| undefined` |');
  });

  it('no output where values pass as they are', () => {
    expect(sectionOf('dedupe.md', 'Output')).toBe('');
  });

  it('every type that the options name, and those that it is made of', () => {
    expect(kindsOf('inhibit.md', 'Types')).toEqual(['InhibitRule', 'InhibitedBy', 'LabelMatcher']);
    expect(kindsOf('silence.md', 'Types')).toEqual(['Silence', 'LabelMatcher']);
    expect(sectionOf('silence.md', 'Types')).toContain("| `op` | `'!=' \\| '!~' \\| '=' \\| '=~' \\| '^='` |");
    expect(kindsOf('escalate.md', 'Types')).toEqual([
      'EscalationLadder',
      'LadderStep',
      'EscalateAcknowledgement',
      'EscalationPlace',
    ]);
  });

  it('of a type that extends another, only what is its own, and a union as it is written', () => {
    const types = sectionOf('threshold.md', 'Types');
    expect(types.match(/^\| `flap` /gm)).toHaveLength(1);
    expect(types).toContain('And what `ThresholdRuleBase` has.');
    expect(types).toContain('type ThresholdRule = SingleThresholdRule | LevelledThresholdRule;');
    expect(types).toMatch(/'sum'\n {2}\| `p\$\{number\}`;/);
  });

  it('how the operator of a diagram is written, its inputs by name, and what the letters stand for', async () => {
    const { diagrams, helpers } = await drawDiagrams(join(import.meta.dirname, 'fixtures/diagrams.ts'));
    const [limit, ladder] = diagrams;
    expect(limit).toEqual({
      title: 'two in five milliseconds',
      code: 'rateLimit(identity, {\n  windows: [{ max: 2, perMs: 5 }],\n  side,\n})',
      lines: [
        { label: 'source', marbles: 'a-a-a-a|' },
        { label: 'output', marbles: 'a-a---a|' },
        { label: 'side', marbles: ' ----L' },
      ],
      legend: ["L = { kind: 'limited', key: 'a', value: 'a', reason: 'window', retryAt: 5 }"],
    });
    expect(ladder?.code).toContain('resolve: resolve$,');
    expect(ladder?.lines[1]).toEqual({ label: 'resolve', marbles: '---a' });
    expect(helpers).toBe(
      'const most = 3;\n\n/** One step, taken thrice. */\nconst ladder = () => ({ steps: [{ afterMs: 1 }], max: most });',
    );
  });

  it('a comment by its parts: what is inside a fence is no tag and ends no paragraph', () => {
    const raw =
      '/**\n * One\n * line.\n *\n * ```text\n * a\n *\n * @b\n * ```\n *\n * See {@link Other}.\n *\n * @param k what\n *   it is\n * @example\n * f();\n */';
    const { summary, body, tags } = parseDocComment(raw);
    expect(summary).toBe('One\nline.');
    expect(body).toEqual(['```text\na\n\n@b\n```', 'See `Other`.']);
    expect(tags).toEqual(
      new Map([
        ['param', ['k what\n  it is']],
        ['example', ['f();']],
      ]),
    );
  });

  it('the drawings of a comment without the remarks beside them', () => {
    const text =
      '```text\nsource  a 9ms b|   max: 1\noutput  a 9ms -|   and\n                   more\n\nsource  b\n```';
    expect(commentDiagrams({ summary: '', body: [text], tags: new Map() })).toEqual([
      [
        { label: 'source', marbles: 'a 9ms b|' },
        { label: 'output', marbles: 'a 9ms -|' },
      ],
      [{ label: 'source', marbles: 'b' }],
    ]);
  });
});

function read(file: string): string {
  return written.includes(file) ? readFileSync(join(pagesFolder, file), 'utf8') : '';
}

function sectionOf(file: string, heading: string): string {
  return generated.get(file)!.split(`\n## ${heading}\n`)[1]?.split('\n## ')[0] ?? '';
}

/** The headings inside of a section. */
function kindsOf(file: string, heading: string): readonly string[] {
  return [...sectionOf(file, heading).matchAll(/^### `(.+)`$/gm)].map(([, name]) => name!);
}

/** Targets of links inside the folder. */
function linksOf(markdown: string): string[] {
  return [...markdown.matchAll(/\]\(([\w-]+\.md)(?:#[\w-]+)?\)/g)].map(([, target]) => target!);
}
