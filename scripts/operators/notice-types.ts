import ts from 'typescript';
import type { OperatorSource } from './source.js';

/** The type of the operator's options, if it takes any. */
export function optionsType(checker: ts.TypeChecker, { declaration }: OperatorSource): ts.Type | undefined {
  const parameter = declaration.parameters.find(({ name }) => name.getText() === 'options');
  return parameter && checker.getNonNullableType(checker.getTypeAtLocation(parameter));
}

/** The kinds of notices that the option `side` hears, in the order of the source. */
export function noticeTypes(checker: ts.TypeChecker, operator: OperatorSource): readonly ts.Type[] {
  const side = optionsType(checker, operator)?.getProperty('side');
  if (side === undefined) return [];
  const observer = checker.getNonNullableType(checker.getTypeOfSymbol(side));
  const next = checker.getTypeOfSymbol(observer.getProperty('next')!).getCallSignatures()[0]!;
  return membersOf(checker, checker.getTypeOfSymbol(next.parameters[0]!));
}

/** The strings that a type is made of; none if it is made of anything else. */
export function literalsOf(type: ts.Type): readonly string[] {
  const members = type.isUnion() ? type.types.filter(({ flags }) => !(flags & ts.TypeFlags.Undefined)) : [type];
  return members.every((member) => member.isStringLiteral()) ? members.map(({ value }) => value).toSorted() : [];
}

/** Goes by the source where there is a name, because the compiler keeps no order of a union. */
function membersOf(checker: ts.TypeChecker, type: ts.Type): readonly ts.Type[] {
  if (!type.isUnion()) return [type];
  const alias = type.aliasSymbol?.declarations?.find(ts.isTypeAliasDeclaration)?.type;
  if (alias === undefined || !ts.isUnionTypeNode(alias)) return type.types;
  return alias.types.flatMap((member) => membersOf(checker, checker.getTypeFromTypeNode(member)));
}
