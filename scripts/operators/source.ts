import { basename, join } from 'node:path';
import ts from 'typescript';
import { type DocComment, parseDocComment } from './doc-comment.js';

export const root = join(import.meta.dirname, '..', '..');
export const sourceFolder = join(root, 'src/operators');

/** An operator as the source tells of it. */
export interface OperatorSource {
  /** Of its file and its page: `rate-limit`. */
  readonly name: string;
  /** Of its function: `rateLimit`. */
  readonly functionName: string;
  readonly declaration: ts.FunctionDeclaration;
  readonly doc: DocComment;
}

/** The operators' sources, with their types. */
export interface OperatorSources {
  readonly program: ts.Program;
  readonly checker: ts.TypeChecker;
  /** By name. */
  readonly operators: readonly OperatorSource[];
}

/** Every public operator: a function of the index that makes an `OperatorFunction`, in a file of its name. */
export function readOperators(): OperatorSources {
  const index = join(sourceFolder, 'index.ts');
  const program = ts.createProgram([index, join(sourceFolder, 'testing/index.ts')], compilerOptions());
  const checker = program.getTypeChecker();
  const operators = exportsOf(program, checker, index).flatMap((symbol) => operatorOf(checker, symbol));
  return { program, checker, operators: operators.toSorted((one, other) => (one.name < other.name ? -1 : 1)) };
}

/** The project's own, so that what is checked here is what is built; but JSX would bring the types of a browser. */
export function compilerOptions(): ts.CompilerOptions {
  const { config } = ts.readConfigFile(join(root, 'tsconfig.json'), ts.sys.readFile);
  const { jsx, jsxImportSource, ...options } = ts.parseJsonConfigFileContent(config, ts.sys, root).options;
  return options;
}

/** What a module gives, aliases followed. */
export function exportsOf(program: ts.Program, checker: ts.TypeChecker, file: string): readonly ts.Symbol[] {
  const module = checker.getSymbolAtLocation(program.getSourceFile(file)!)!;
  return checker.getExportsOfModule(module).map((symbol) => {
    return symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol;
  });
}

export function isOurs({ fileName }: ts.SourceFile): boolean {
  return fileName.startsWith(`${sourceFolder}/`);
}

/** The doc comment of a declaration; that of its statement for a variable. */
export function docOf(declaration: ts.Node): DocComment | undefined {
  const doc = ts.getJSDocCommentsAndTags(declaration).filter(ts.isJSDoc).at(-1);
  return doc && parseDocComment(doc.getText());
}

function operatorOf(checker: ts.TypeChecker, symbol: ts.Symbol): OperatorSource[] {
  const functionName = symbol.name;
  const name = functionName.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
  const declaration = symbol.declarations?.find(ts.isFunctionDeclaration);
  if (declaration === undefined || basename(declaration.getSourceFile().fileName) !== `${name}.ts`) return [];
  const signature = checker.getSignatureFromDeclaration(declaration)!;
  const made = checker.getReturnTypeOfSignature(signature).aliasSymbol?.name ?? declaration.type?.getText() ?? '';
  if (!/OperatorFunction\b/.test(made)) return [];
  const doc = docOf(declaration);
  if (doc === undefined) throw new Error(`${functionName} has no doc comment`);
  return [{ name, functionName, declaration, doc }];
}
