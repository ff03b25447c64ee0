import { join, relative } from 'node:path';
import ts from 'typescript';
import { compilerOptions, docOf, exportsOf, isOurs, type OperatorSources, root, sourceFolder } from './source.js';

interface Example {
  /** Of the virtual file that holds it. */
  readonly path: string;
  /** Where it stands: file and name. */
  readonly place: string;
  readonly code: string;
}

/** Names that an example uses and does not declare. */
interface FreeNames {
  readonly types: ReadonlySet<string>;
  readonly values: ReadonlySet<string>;
}

/**
 * Type-checks every `@example` below src/operators, each as a module of its own, under the options of the project. What
 * rxjs and our index export is imported; any other free name is declared, as an Observable if it ends in `$`. Returns
 * what the compiler says, a line each.
 */
export function exampleErrors({ program, checker }: OperatorSources): readonly string[] {
  const examples = program.getSourceFiles().filter(isOurs).flatMap(examplesOf);
  const exported = exportedNames(program, checker);
  const first = compile(examples, exported, () => none, program);
  const free = new Map(examples.map(({ path }) => [path, freeNames(first, path)]));
  const second = compile(examples, exported, (path) => free.get(path)!, first);
  return examples.flatMap((example) => errorsOf(second, example));
}

const none: FreeNames = { types: new Set(), values: new Set() };

function examplesOf(file: ts.SourceFile): readonly Example[] {
  const place = relative(root, file.fileName);
  return file.statements.flatMap((statement) => {
    const codes = docOf(statement)?.tags.get('example') ?? [];
    const name = (statement as { readonly name?: ts.Node }).name?.getText() ?? '';
    return codes.map((code, index) => ({
      path: file.fileName.replace(/\.ts$/, `.${name}.example-${index + 1}.ts`),
      place: `${place}, ${name}, example ${index + 1}`,
      code,
    }));
  });
}

type ExportedNames = ReadonlyMap<string, readonly string[]>;

/** By module, as an import names it. */
function exportedNames(program: ts.Program, checker: ts.TypeChecker): ExportedNames {
  const [index, testing] = ['index.ts', 'testing/index.ts'].map((file) => join(sourceFolder, file));
  const files = [
    [index!, index!.replace(/ts$/, 'js')],
    [testing!, testing!.replace(/ts$/, 'js')],
    [rxjsIndex(program), 'rxjs'],
  ] as const;
  return new Map(files.map(([file, from]) => [from, exportsOf(program, checker, file).map(({ name }) => name)]));
}

function rxjsIndex(program: ts.Program): string {
  const isIndex = ({ fileName }: ts.SourceFile) => fileName.endsWith('/rxjs/dist/types/index.d.ts');
  return program.getSourceFiles().find(isIndex)!.fileName;
}

/** All examples in one program that reuses what `before` has read. Without globals: an `Event` or `Request` is the example's own. */
function compile(
  examples: readonly Example[],
  exported: ExportedNames,
  free: (path: string) => FreeNames,
  before: ts.Program,
): ts.Program {
  const texts = new Map(examples.map(({ path, code }) => [path, moduleText(code, exported, free(path))]));
  const loose = { noUnusedLocals: false, noUnusedParameters: false, verbatimModuleSyntax: false };
  const options = { ...compilerOptions(), ...loose, lib: ['lib.es2023.d.ts'], types: [] };
  const host = ts.createCompilerHost(options);
  const { getSourceFile, fileExists } = host;
  host.fileExists = (path) => texts.has(path) || fileExists.call(host, path);
  host.getSourceFile = (path, version) => {
    const text = texts.get(path);
    if (text !== undefined) return ts.createSourceFile(path, text, version, true);
    return before.getSourceFile(path) ?? getSourceFile.call(host, path, version);
  };
  return ts.createProgram([...texts.keys()], options, host);
}

/** The example after its imports and declarations, all of which stand on the first line. */
function moduleText(code: string, exported: ExportedNames, { types, values }: FreeNames): string {
  const used = new Set(code.match(/[\w$]+/g));
  const imports = [...exported].map(([from, names]) => {
    const taken = names.filter(
      (name) => used.has(name) && !new RegExp(`\\b(const|function|class) ${name}\\b`).test(code),
    );
    return `import { ${taken.join(', ')} } from '${from}';`;
  });
  const declared = [
    ...[...types].map((name) => `type ${name} = any;`),
    ...[...values].map(
      (name) => `declare const ${name}: ${name.endsWith('$') ? "import('rxjs').Subject<any>" : 'any'};`,
    ),
  ];
  return [...imports, ...declared, 'export {};'].join(' ').concat('\n', code);
}

/** There are many codes for it, depending on what the compiler guesses to be missing. */
const cannotFind = /^(Cannot find (name|namespace) '|No value exists in scope for the shorthand property ')/;

function freeNames(program: ts.Program, path: string): FreeNames {
  const file = program.getSourceFile(path)!;
  const missing = program
    .getSemanticDiagnostics(file)
    .filter(({ messageText }) => cannotFind.test(String(messageText)));
  const nodes = missing.map(({ start, length }) => ({ at: start!, name: file.text.slice(start, start! + length!) }));
  const isType = ({ at }: { readonly at: number }) => isTypeName(file, at);
  return {
    types: new Set(nodes.filter(isType).map(({ name }) => name)),
    values: new Set(nodes.filter((node) => !isType(node)).map(({ name }) => name)),
  };
}

function isTypeName(file: ts.SourceFile, at: number): boolean {
  return ts.isTypeReferenceNode(nodeAt(file, at).parent);
}

/** The innermost node that begins there, or around it. */
function nodeAt(file: ts.SourceFile, at: number): ts.Node {
  let found: ts.Node = file;
  const visit = (node: ts.Node): void => {
    if (node.getStart() > at || node.getEnd() <= at) return;
    found = node;
    ts.forEachChild(node, visit);
  };
  visit(file);
  return found;
}

function errorsOf(program: ts.Program, { path, place }: Example): readonly string[] {
  const file = program.getSourceFile(path)!;
  const diagnostics = [...program.getSyntacticDiagnostics(file), ...program.getSemanticDiagnostics(file)];
  const checker = program.getTypeChecker();
  const isError = ({ code, start }: ts.Diagnostic) =>
    code !== implicitAny || !isGivenToFree(checker, nodeAt(file, start!));
  return diagnostics.filter(isError).map(({ start, messageText }) => {
    const { line } = file.getLineAndCharacterOfPosition(start ?? 0);
    return `${place}, line ${line}: ${ts.flattenDiagnosticMessageText(messageText, ' ')}`;
  });
}

const implicitAny = 7006;

/** A callback of a method of a free name, `alerts.filter((alert) => …)`: what calls it is not known here. */
function isGivenToFree(checker: ts.TypeChecker, parameter: ts.Node): boolean {
  const call = parameter.parent.parent.parent;
  return ts.isCallExpression(call) && (checker.getTypeAtLocation(call.expression).flags & ts.TypeFlags.Any) !== 0;
}
