import ts from 'typescript';
import { code, fenced } from './markdown.js';
import { inputTable, type Member, memberOf, plainTable } from './members.js';
import { type NamedType, NamedTypes } from './named-types.js';
import { literalsOf } from './notice-types.js';
import { docOf, type OperatorSource } from './source.js';

/** What the operator emits: its members, for each `kind` if there are several. */
export function outputTables(checker: ts.TypeChecker, operator: OperatorSource): string {
  const types = new NamedTypes(checker, operator);
  const output = types.output();
  if (output === undefined) return '';
  const { written, type, kinds } = output;
  const title = `${code(written.getText())}${kinds.length > 1 ? ', by its `kind`:' : ':'}`;
  const texts = [docText(type), title];
  for (const kind of kinds) {
    const members = types.membersOf(kind);
    const rows = members.map((member) => memberOf(checker, member));
    if (kinds.length === 1) texts.push(plainTable('Member', rows));
    else texts.push(`### ${kindOf(checker, members)}`, docText(kind), plainTable('Member', rows.filter(isNoKind)));
  }
  return joined(texts);
}

/** The types that the options and the output are made of. */
export function typeTables(checker: ts.TypeChecker, operator: OperatorSource): string {
  const types = new NamedTypes(checker, operator);
  return joined(types.mentioned().map((type) => typeTable(checker, types, type)));
}

function typeTable(checker: ts.TypeChecker, types: NamedTypes, type: NamedType): string {
  const heading = `### ${code(type.name.text)}`;
  if (ts.isTypeAliasDeclaration(type)) return joined([heading, docText(type), fenced('ts', unionText(checker, type))]);
  const rows = types
    .membersOf(type)
    .map((member) => memberOf(checker, member))
    .filter(isGiven);
  const tableOf = rows.every(({ isRequired }) => isRequired) ? plainTable : inputTable;
  const bases = types.basesOf(type).map(({ name }) => code(name.text));
  const more = bases.length === 0 ? '' : `And what ${bases.join(' and ')} has.`;
  return joined([heading, docText(type), tableOf('Member', rows), more]);
}

/** As it is written, save that values which are taken from elsewhere are spelled out. */
function unionText(checker: ts.TypeChecker, declaration: ts.TypeAliasDeclaration): string {
  const { name, typeParameters = [], type } = declaration;
  const parameters = typeParameters.map((parameter) => parameter.getText()).join(', ');
  const begin = `type ${name.text}${parameters && `<${parameters}>`} =`;
  const written = type.getText();
  if (!ts.isUnionTypeNode(type) || !/\btypeof\b/.test(written)) {
    return `${begin}${written.startsWith('|') ? '\n  ' : ' '}${written};`;
  }
  return `${begin}\n  | ${type.types.map((member) => valuesOf(checker, member)).join('\n  | ')};`;
}

function valuesOf(checker: ts.TypeChecker, member: ts.TypeNode): string {
  const values = literalsOf(checker.getTypeFromTypeNode(member));
  return values.length === 0 ? member.getText() : values.map((value) => `'${value}'`).join(' | ');
}

function kindOf(checker: ts.TypeChecker, members: readonly ts.Symbol[]): string {
  const kind = members.find(({ name }) => name === 'kind');
  return kind === undefined ? '' : literalsOf(checker.getTypeOfSymbol(kind)).map(code).join(', ');
}

function isNoKind({ name }: Member): boolean {
  return name !== 'kind';
}

/** What may only be left out is there for the compiler. */
function isGiven({ type }: Member): boolean {
  return type !== 'undefined';
}

function docText(type: NamedType): string {
  const doc = docOf(type);
  return doc === undefined ? '' : joined([doc.summary, ...doc.body]);
}

function joined(paragraphs: readonly string[]): string {
  return paragraphs.filter(Boolean).join('\n\n');
}
