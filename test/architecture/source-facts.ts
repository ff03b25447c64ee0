import { readdirSync, readFileSync } from 'node:fs';
import { posix } from 'node:path';
import ts from 'typescript';

export interface ImportFact {
  /** A file below `src`, or the name of a package or of a node module. */
  readonly target: string;
  readonly isFile: boolean;
  readonly isTypeOnly: boolean;
}

/** What the checks need to know of one file. */
export interface SourceFacts {
  /** Below `src`: `operators/dedupe.ts`. */
  readonly path: string;
  readonly imports: readonly ImportFact[];
  /** Watched globals that are used: `Date.now`, `setTimeout`, `process`, …. */
  readonly globals: readonly string[];
}

const watchedCalls = ['setTimeout', 'setInterval', 'setImmediate', 'process'];
const watchedMembers = ['Date.now', 'performance.now'];

/** The facts of every TypeScript file below `folder`. */
export function readSources(folder: URL): SourceFacts[] {
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((name) => name.replaceAll('\\', '/'));
  const sources = names.filter((name) => /\.tsx?$/.test(name) && !name.endsWith('.d.ts'));
  return sources.map((name) => factsOf(name, readFileSync(new URL(`${folder.href}${name}`), 'utf8')));
}

export function factsOf(path: string, text: string): SourceFacts {
  const kind = path.endsWith('x') ? ts.ScriptKind.TSX : ts.ScriptKind.TS;
  const file = ts.createSourceFile(path, text, ts.ScriptTarget.ESNext, true, kind);
  const imports: ImportFact[] = [];
  const globals = new Set<string>();
  const visit = (node: ts.Node): void => {
    const found = importOf(node);
    if (found !== undefined) imports.push(resolved(path, found.specifier, found.isTypeOnly));
    const used = globalOf(node);
    if (used !== undefined) globals.add(used);
    ts.forEachChild(node, visit);
  };
  visit(file);
  return { path, imports, globals: [...globals] };
}

function importOf(node: ts.Node): { specifier: string; isTypeOnly: boolean } | undefined {
  if (ts.isImportDeclaration(node)) return named(node.moduleSpecifier, isTypeOnlyImport(node.importClause));
  if (ts.isExportDeclaration(node) && node.moduleSpecifier) return named(node.moduleSpecifier, isTypeOnlyExport(node));
  if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)) return named(node.argument.literal, true);
  const isDynamic = ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword;
  return isDynamic && node.arguments[0] ? named(node.arguments[0], false) : undefined;
}

function named(specifier: ts.Node, isTypeOnly: boolean) {
  return ts.isStringLiteralLike(specifier) ? { specifier: specifier.text, isTypeOnly } : undefined;
}

function isTypeOnlyImport(clause: ts.ImportClause | undefined): boolean {
  if (clause === undefined) return false;
  if (clause.phaseModifier === ts.SyntaxKind.TypeKeyword) return true;
  const bindings = clause.namedBindings;
  const all = bindings !== undefined && ts.isNamedImports(bindings) && bindings.elements.every((e) => e.isTypeOnly);
  return clause.name === undefined && all;
}

function isTypeOnlyExport({ isTypeOnly, exportClause }: ts.ExportDeclaration): boolean {
  if (isTypeOnly) return true;
  return (
    exportClause !== undefined && ts.isNamedExports(exportClause) && exportClause.elements.every((e) => e.isTypeOnly)
  );
}

function resolved(from: string, specifier: string, isTypeOnly: boolean): ImportFact {
  if (!specifier.startsWith('.')) return { target: packageName(specifier), isFile: false, isTypeOnly };
  const joined = posix.join(posix.dirname(from), specifier);
  const target = joined.replace(/\.js$/, '.ts').replace(/\.jsx$/, '.tsx');
  return { target, isFile: true, isTypeOnly };
}

function packageName(specifier: string): string {
  if (specifier.startsWith('node:')) return specifier;
  return specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/');
}

/** A use of a watched global; a property, parameter or type of the same name is none. */
function globalOf(node: ts.Node): string | undefined {
  if (ts.isPropertyAccessExpression(node)) {
    const text = `${node.expression.getText()}.${node.name.text}`.replace(/^globalThis\./, '');
    return [...watchedMembers, ...watchedCalls].find(
      (name) => text === name && name.includes('.') === text.includes('.'),
    );
  }
  if (!ts.isIdentifier(node) || !watchedCalls.includes(node.text)) return undefined;
  return isName(node) ? undefined : node.text;
}

/** Whether the identifier only names something, as in `x.process`, `{ process: 1 }`, `process(): void`. */
function isName(node: ts.Identifier): boolean {
  const { parent } = node;
  if (ts.isPropertyAccessExpression(parent)) return parent.name === node;
  return 'name' in parent && parent.name === node && !ts.isShorthandPropertyAssignment(parent);
}
