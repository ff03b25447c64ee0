import ts from 'typescript';
import { cell, code, table } from './markdown.js';
import { literalsOf } from './notice-types.js';
import { docOf, isOurs } from './source.js';

/** A field of options, or of another type. */
export interface Member {
  readonly name: string;
  readonly isRequired: boolean;
  readonly type: string;
  /** What it says of itself. */
  readonly text: string;
  /** What its type says of itself, in short. */
  readonly aliasText: string;
  /** Where it is declared. */
  readonly place: ts.Node;
}

export function memberOf(checker: ts.TypeChecker, symbol: ts.Symbol): Member {
  const place = symbol.declarations![0]!;
  const alias = aliasOf(checker, place);
  return {
    name: symbol.name,
    isRequired: !(symbol.flags & ts.SymbolFlags.Optional),
    type: typeText(checker, symbol, place),
    text: textOf(place),
    aliasText: alias === undefined ? '' : inOneLine(docOf(alias)?.summary ?? ''),
    place,
  };
}

/** What is given, and what holds when it is left out. */
export function inputTable(head: string, members: readonly Member[]): string {
  const rows = members.map(({ name, type, text, aliasText, isRequired }) => {
    const { fallback, rest } = isRequired ? { fallback: 'required', rest: text } : splitDefault(text);
    return [code(name), code(type), cell(fallback), cell(rest || aliasText)];
  });
  return table([head, 'Type', 'Default', 'What it is'], rows);
}

/** What nobody leaves out, or what is emitted: nothing has a default. */
export function plainTable(head: string, members: readonly Member[]): string {
  const rows = members.map(({ name, type, text, aliasText, isRequired }) => {
    return [code(isRequired ? name : `${name}?`), code(type), cell(text || aliasText)];
  });
  return table([head, 'Type', 'What it is'], rows);
}

/** As it is written, save that a choice is spelled out and that `side` names its notices. */
function typeText(checker: ts.TypeChecker, symbol: ts.Symbol, place: ts.Node): string {
  const type = checker.getNonNullableType(checker.getTypeOfSymbol(symbol));
  const choices = literalsOf(type).map((choice) => `'${choice}'`);
  if (choices.length > 0) return choices.join(' | ');
  const written = ts.isPropertySignature(place) ? place.type?.getText() : undefined;
  if (written === undefined || symbol.name === 'side') return checker.typeToString(type);
  const text = written.replace(/\s+/g, ' ').replace(/^\| /, '');
  return symbol.flags & ts.SymbolFlags.Optional ? text.replace(/^\((.*)\) \| undefined$| \| undefined$/, '$1') : text;
}

/** Where the name is declared that an option has as its type, if that is one of ours. */
function aliasOf(checker: ts.TypeChecker, place: ts.Node): ts.Node | undefined {
  const written = ts.isPropertySignature(place) ? place.type : undefined;
  const types = written !== undefined && ts.isUnionTypeNode(written) ? written.types : [written];
  const type = types.find((member) => member !== undefined && ts.isTypeReferenceNode(member));
  if (type === undefined) return undefined;
  const symbol = checker.getSymbolAtLocation(type.typeName);
  const isImport = symbol !== undefined && (symbol.flags & ts.SymbolFlags.Alias) !== 0;
  const declaration = (isImport ? checker.getAliasedSymbol(symbol) : symbol)?.declarations?.[0];
  return declaration !== undefined && isOurs(declaration.getSourceFile()) ? declaration : undefined;
}

function textOf(place: ts.Node): string {
  const doc = docOf(place);
  return doc === undefined ? '' : inOneLine([doc.summary, ...doc.body].join(' '));
}

function inOneLine(text: string): string {
  return text.replace(/\s*\n\s*/g, ' ');
}

const defaultSentence = /(?:^|\s)Default(?:, and [a-z]+)?:? ((?:`[^`]*`|[^.`]|\.(?=\S))+)\.?(?=\s|$)/;
const defaultInline = /(`[^`]+`) \(default[^)]*\)/;

/** `Default 0: no cooldown.` leaves `No cooldown.` in the text; a default inside a sentence stays there. */
function splitDefault(text: string): { readonly fallback: string; readonly rest: string } {
  const sentence = defaultSentence.exec(text);
  if (sentence === null) return { fallback: defaultInline.exec(text)?.[1] ?? 'none', rest: text };
  const [, value, more] = /^(`[^`]*`|[\d,_.]*\d)[;:] (.+)$/.exec(sentence[1]!) ?? [];
  const others = text.replace(sentence[0], '').trim();
  if (value === undefined || more === undefined) return { fallback: sentence[1]!, rest: others };
  return { fallback: value, rest: `${others} ${more[0]!.toUpperCase()}${more.slice(1)}.`.trim() };
}
