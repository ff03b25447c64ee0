import type ts from 'typescript';
import { type DrawnDiagram, type DrawnDiagrams, diagramsPath, drawDiagrams } from './diagrams.js';
import type { DocComment } from './doc-comment.js';
import { figuresOf } from './figures.js';
import { fenced, table } from './markdown.js';
import { optionTable } from './option-table.js';
import { sideTable } from './side-table.js';
import type { OperatorSource } from './source.js';
import { outputTables, typeTables } from './type-tables.js';

/** A heading and what stands below it; sections without content are left out. */
type Section = readonly [heading: string, content: string];

/** The page of an operator: all of it comes from the source, the executed diagrams and the benchmarks. */
export async function operatorPage(checker: ts.TypeChecker, operator: OperatorSource): Promise<string> {
  const { name, functionName, doc } = operator;
  const { facts, cost, replaces, text } = sorted(doc);
  const sections: readonly Section[] = [
    ['What it does', joined(...diagramTexts(await drawDiagrams(diagramsPath(name))), ...text)],
    ['Signature', joined(fenced('ts', signatureOf(operator)), parameters(doc), throwsText(doc))],
    ['Options', optionTable(checker, operator)],
    ['Output', outputTables(checker, operator)],
    ['What `side` hears', sideTable(checker, operator)],
    ['Types', typeTables(checker, operator)],
    ['When it ends, fails or is full', joined(...facts)],
    ['Cost', joined(...cost.map(withoutLabel), figuresOf(functionName))],
    ['What it replaces', joined(...replaces)],
    ['Examples', joined(...(doc.tags.get('example') ?? []).map((example) => fenced('ts', example)))],
  ];
  const shown = sections.map(([heading, content]) => content && `## ${heading}\n\n${content}`);
  const note = `<!-- Made by \`npm run docs\` from src/operators/${name}.ts: change it there. -->`;
  return `${joined(note, `# ${functionName}`, doc.summary, ...shown, seeAlso)}\n`;
}

const seeAlso = '[All operators](README.md)';

/** The paragraphs of the comment by what they are about. Its drawings are left out: the executed diagrams are there. */
function sorted({ body }: DocComment) {
  const is = (begin: RegExp) => body.filter((paragraph) => begin.test(paragraph));
  const [facts, cost, replaces] = [is(/^\| When/), is(/^(Cost|Memory)\b/), is(/^Replaces\b/)];
  const elsewhere = new Set([...facts, ...cost, ...replaces, ...is(/^```text/)]);
  const text = body.filter((paragraph) => !elsewhere.has(paragraph));
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
  return joined(`${sentence(title)}:`, fenced('ts', code), fenced('text', [...drawn, ...explained].join('\n')));
}

function signatureOf({ name, functionName, declaration }: OperatorSource): string {
  const from = `import { ${functionName} } from 'tocsin-operators'; // or 'tocsin-operators/${name}', 'tocsin/operators'`;
  const text = declaration.getText().replace(/^export /, '');
  return `${from}\n\n${text.slice(0, -declaration.body!.getText().length).trimEnd()}`;
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
  return joined(...(tags.get('throws') ?? []).map((text) => `Throws ${text.replace(/\s*\n\s*/g, ' ')}`));
}

/** The heading says it. */
function withoutLabel(paragraph: string): string {
  return sentence(paragraph.replace(/^Cost: /, ''));
}

/** Paragraphs one below the other, without those that are empty. */
function joined(...paragraphs: readonly string[]): string {
  return paragraphs.filter(Boolean).join('\n\n');
}

function sentence(text: string): string {
  return `${text[0]!.toUpperCase()}${text.slice(1)}`;
}
