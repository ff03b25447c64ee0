import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { inspect } from 'node:util';
import ts from 'typescript';
import type { OperatorDiagram } from '../../src/operators/testing/marbles.js';
import { helpersOf } from './diagram-helpers.js';
import { root } from './source.js';

/** A line of a diagram: `source`, `output`, `side`, or the name of another input. */
export interface DiagramLine {
  readonly label: string;
  readonly marbles: string;
}

/** A diagram as it can be printed. */
export interface DrawnDiagram {
  readonly title: string;
  /** How the operator is made, inputs by their names. */
  readonly code: string;
  readonly lines: readonly DiagramLine[];
  /** What the letters stand for that do not stand for themselves. */
  readonly legend: readonly string[];
}

export interface DrawnDiagrams {
  readonly diagrams: readonly DrawnDiagram[];
  /** Code of what the operators of the diagrams name and their file declares. */
  readonly helpers: string;
}

/** Where the diagrams of an operator are. */
export function diagramsPath(name: string): string {
  return join(root, 'test/operators/diagrams', `${name}.ts`);
}

/** What that file exports as `diagrams`; none if it is not there. */
export async function loadDiagrams(path: string): Promise<readonly OperatorDiagram[]> {
  if (!existsSync(path)) return [];
  const { diagrams } = (await import(pathToFileURL(path).href)) as { diagrams: readonly OperatorDiagram[] };
  return diagrams;
}

/** The same, with the text of each `operator` read from the source. */
export async function drawDiagrams(path: string): Promise<DrawnDiagrams> {
  const diagrams = await loadDiagrams(path);
  if (diagrams.length === 0) return { diagrams: [], helpers: '' };
  const source = ts.createSourceFile(path, readFileSync(path, 'utf8'), ts.ScriptTarget.Latest, true);
  const operators = diagrams.map(({ title }) => operatorOf(source, title));
  return {
    diagrams: diagrams.map((diagram, index) => draw(diagram, operators[index]!)),
    helpers: helpersOf(source, operators),
  };
}

function draw(diagram: OperatorDiagram, operator: ts.Expression): DrawnDiagram {
  const inputs = inputsOf(operator);
  const lines = [
    { label: 'source', marbles: diagram.source },
    ...inputs.map(({ label, marbles }) => ({ label, marbles })),
    { label: 'output', marbles: diagram.output },
    ...(diagram.side === undefined ? [] : [{ label: 'side', marbles: diagram.side }]),
  ];
  return { title: diagram.title, code: codeOf(operator, inputs), lines, legend: legendOf(diagram, lines) };
}

/** Finds the object literal of that title; its `operator` is written beside it. */
function operatorOf(source: ts.SourceFile, title: string): ts.Expression {
  let found: ts.Expression | undefined;
  const visit = (node: ts.Node): void => {
    if (ts.isObjectLiteralExpression(node) && textOf(node, 'title') === title) found ??= propertyOf(node, 'operator');
    ts.forEachChild(node, visit);
  };
  visit(source);
  if (found === undefined)
    throw new Error(`${source.fileName}: no diagram is written as { title: '${title}', operator: … }`);
  return found;
}

function propertyOf(node: ts.ObjectLiteralExpression, name: string): ts.Expression | undefined {
  const property = node.properties.find((member) => member.name?.getText() === name);
  return property !== undefined && ts.isPropertyAssignment(property) ? property.initializer : undefined;
}

function textOf(node: ts.ObjectLiteralExpression, name: string): string | undefined {
  const value = propertyOf(node, name);
  return value !== undefined && ts.isStringLiteralLike(value) ? value.text : undefined;
}

interface DiagramInput extends DiagramLine {
  readonly call: ts.CallExpression;
}

/** Each `name: hot('…')` inside of `operator`. */
function inputsOf(operator: ts.Expression): readonly DiagramInput[] {
  const inputs: DiagramInput[] = [];
  const visit = (node: ts.Node): void => {
    const marbles = ts.isCallExpression(node) && node.expression.getText() === 'hot' ? node.arguments[0] : undefined;
    if (marbles !== undefined && ts.isStringLiteralLike(marbles)) {
      inputs.push({ label: labelOf(node), marbles: marbles.text, call: node as ts.CallExpression });
    }
    ts.forEachChild(node, visit);
  };
  visit(operator);
  return inputs;
}

/** The nearest name that the stream is given. */
function labelOf(node: ts.Node): string {
  for (let at = node; at.parent !== undefined; at = at.parent) {
    if ((ts.isPropertyAssignment(at) || ts.isVariableDeclaration(at)) && at.name.getText() !== 'operator')
      return at.name.getText();
  }
  return 'input';
}

/** What the arrow function gives or does, with `name$` for each input. */
function codeOf(operator: ts.Expression, inputs: readonly DiagramInput[]): string {
  const node = ts.isArrowFunction(operator) ? operator.body : operator;
  const [begin, end] = ts.isBlock(node) ? [node.getStart() + 1, node.getEnd() - 1] : [node.getStart(), node.getEnd()];
  let text = node.getSourceFile().text.slice(begin, end);
  for (const { label, call } of inputs.toReversed()) {
    text = `${text.slice(0, call.getStart() - begin)}${label}$${text.slice(call.getEnd() - begin)}`;
  }
  return outdented(text);
}

/** Lines after the first lose what the least indented of them is indented by. */
function outdented(text: string): string {
  const [first = '', ...rest] = text.trimEnd().split('\n');
  const indents = rest.filter((line) => line.trim() !== '').map((line) => /^ */.exec(line)![0].length);
  const indent = Math.min(...indents);
  return [first, ...rest.map((line) => line.slice(indent))].join('\n').trim();
}

function legendOf({ values = {} }: OperatorDiagram, lines: readonly DiagramLine[]): readonly string[] {
  const drawn = new Set(lines.flatMap(({ marbles }) => [...marbles.replace(/\s\d+(\.\d+)?(ms|s|m)(?=\s|$)/g, '')]));
  return Object.entries(values)
    .filter(([letter, value]) => drawn.has(letter) && value !== letter)
    .map(([letter, value]) => `${letter} = ${inspect(value, { breakLength: Infinity, depth: 8 })}`);
}
