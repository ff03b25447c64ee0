import type ts from 'typescript';
import { type DrawnDiagram, type DrawnDiagrams, diagramsPath, drawDiagrams } from './diagrams.js';
import { type DocComment, isFence } from './doc-comment.js';
import { figuresOf } from './figures.js';
import { fenced, table } from './markdown.js';
import { optionTable } from './option-table.js';
import { sideTable } from './side-table.js';
import type { OperatorSource } from './source.js';

/** A heading and what stands below it; sections without content are left out. */
type Section = readonly [heading: string, content: string];

/** The page of an operator: all of it comes from the source, the executed diagrams and the benchmarks. */
export async function operatorPage(checker: ts.TypeChecker, operator: OperatorSource): Promise<string> {
  const { name, functionName, doc } = operator;
  const { facts, cost, replaces, text } = sorted(doc);
  const options = optionTable(checker, operator);
  const sections: readonly Section[] = [
    ['What it does', [...diagramTexts(await drawDiagrams(diagramsPath(name))), ...text].join('\n\n')],
    [
      'Signature',
      [fenced('ts', `${importOf(operator)}\n\n${signatureOf(operator)}`), parameters(doc), throwsText(doc)]
        .filter(Boolean)
        .join('\n\n'),
    ],
    ['Options', options],
    ['What `side` hears', sideTable(checker, operator)],
    ['When it ends, fails or is full', facts.join('\n\n')],
    ['Cost', [...cost.map(withoutLabel), figuresOf(functionName)].filter(Boolean).join('\n\n')],
    ['What it replaces', replaces.join('\n\n')],
    ['Examples', (doc.tags.get('example') ?? []).map((example) => fenced('ts', example)).join('\n\n')],
  ];
  const shown = sections
    .filter(([, content]) => content !== '')
    .map(([heading, content]) => `## ${heading}\n\n${content}`);
  const note = `<!-- Made by \`npm run docs\` from src/operators/${name}.ts: change it there. -->`;
  return `${[note, `# ${functionName}`, doc.summary, ...shown, seeAlso].join('\n\n')}\n`;
}

const seeAlso = '[All operators](README.md)';

/** The paragraphs of the comment by what they are about. Its drawings are left out: the executed diagrams are there. */
function sorted({ body }: DocComment) {
  const is = (begin: RegExp) => body.filter((paragraph) => begin.test(paragraph));
  const [facts, cost, replaces] = [is(/^\| When/), is(/^(Cost|Memory)\b/), is(/^Replaces\b/)];
  const elsewhere = new Set([...facts, ...cost, ...replaces]);
  const text = body.filter(
    (paragraph) => !elsewhere.has(paragraph) && !(isFence(paragraph) && /^```text/.test(paragraph)),
  );
  return { facts, cost, replaces, text };
}

function diagramTexts({ diagrams, helpers }: DrawnDiagrams): readonly string[] {
  const texts = diagrams.map(diagramText);
  return helpers === '' ? texts : [...texts, 'In these diagrams:', fenced('ts', helpers)];
}

function diagramText({ title, code, lines, legend }: DrawnDiagram): string {
  const width = Math.max(...lines.map(({ label }) => label.length));
  const drawn = lines.map(({ label, marbles }) => `${label.padEnd(width)}  ${marbles.trim()}`);
  const explained = legend.length === 0 ? [] : ['', ...legend];
  return [`${sentence(title)}:`, fenced('ts', code), fenced('text', [...drawn, ...explained].join('\n'))].join('\n\n');
}

function importOf({ name, functionName }: OperatorSource): string {
  return `import { ${functionName} } from 'tocsin-operators'; // or 'tocsin-operators/${name}', 'tocsin/operators'`;
}

function signatureOf({ declaration }: OperatorSource): string {
  const text = declaration.getText().replace(/^export /, '');
  return text.slice(0, text.length - declaration.body!.getText().length).trimEnd();
}

function parameters({ tags }: DocComment): string {
  const rows = (tags.get('param') ?? []).map((text) => /^(\S+)\s+(?:- )?([\s\S]*)$/.exec(text)!);
  if (rows.length === 0) return '';
  return table(
    ['Parameter', ''],
    rows.map(([, name, text]) => [`\`${name}\``, sentence(text!.replace(/\s*\n\s*/g, ' '))]),
  );
}

function throwsText({ tags }: DocComment): string {
  return (tags.get('throws') ?? []).map((text) => `Throws ${text.replace(/\s*\n\s*/g, ' ')}`).join('\n\n');
}

/** The heading says it. */
function withoutLabel(paragraph: string): string {
  return sentence(paragraph.replace(/^Cost: /, ''));
}

function sentence(text: string): string {
  return `${text[0]!.toUpperCase()}${text.slice(1)}`;
}
