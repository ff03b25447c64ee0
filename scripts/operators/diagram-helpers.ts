import ts from 'typescript';

/** The declarations of a file that `uses` names, and those that they name, as they are written there and in its order. */
export function helpersOf(file: ts.SourceFile, uses: readonly ts.Node[]): string {
  const declared = new Map(file.statements.flatMap((statement) => namesOf(statement).map((name) => [name, statement])));
  const used = new Set<ts.Statement>();
  const visit = (node: ts.Node): void => {
    const statement = ts.isIdentifier(node) && !isMemberName(node) ? declared.get(node.text) : undefined;
    if (statement !== undefined && !used.has(statement)) {
      used.add(statement);
      ts.forEachChild(statement, visit);
    }
    ts.forEachChild(node, visit);
  };
  uses.forEach(visit);
  const helpers = file.statements.filter((statement) => used.has(statement));
  return helpers
    .map((statement) => statement.getFullText())
    .join('')
    .trim();
}

/** What a statement declares for its own file. */
function namesOf(statement: ts.Statement): readonly string[] {
  if (ts.isFunctionDeclaration(statement)) return [statement.name!.text];
  if (!ts.isVariableStatement(statement)) return [];
  return statement.declarationList.declarations.map(({ name }) => name.getText());
}

/** The name of a property is not the name of a declaration, save in a shorthand. */
function isMemberName(node: ts.Identifier): boolean {
  const { parent } = node;
  if (ts.isPropertyAccessExpression(parent)) return parent.name === node;
  return (ts.isPropertyAssignment(parent) || ts.isPropertySignature(parent)) && parent.name === node;
}
