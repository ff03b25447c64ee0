import ts from 'typescript';
import { cell, code, table } from './markdown.js';
import { literalsOf, optionsType } from './notice-types.js';
import { docOf, type OperatorSource } from './source.js';

interface Option {
  readonly name: string;
  readonly isRequired: boolean;
  readonly type: string;
  readonly text: string;
  /** What its type says of itself. */
  readonly aliasText: string;
  /** Where it is declared. */
  readonly place: ts.Node;
}

/** Those that every operator has come last. */
const common = ['maxKeys', 'overflow', 'onError', 'side', 'state', 'scheduler'];

/** Said of an option that says nothing of itself. */
const usual: Readonly<Record<string, string>> = {
  maxKeys: 'Keys remembered at a time.',
  scheduler: 'The only clock of the operator.',
};

/** The members of the operator's options, inherited ones too: what must be given first. */
export function optionTable(checker: ts.TypeChecker, operator: OperatorSource): string {
  const options = (optionsType(checker, operator)?.getProperties() ?? []).map((symbol) => optionOf(checker, symbol));
  const rows = options.toSorted(inOrder).map(({ name, type, text, aliasText, isRequired }) => {
    const { fallback, rest } = splitDefault(text);
    const what = rest || usual[name] || aliasText;
    return [code(name), code(type), isRequired ? 'required' : cell(fallback), cell(what)];
  });
  return rows.length === 0 ? '' : table(['Option', 'Type', 'Default', 'What it is'], rows);
}

function optionOf(checker: ts.TypeChecker, symbol: ts.Symbol): Option {
  const place = symbol.declarations![0]!;
  return {
    name: symbol.name,
    isRequired: !(symbol.flags & ts.SymbolFlags.Optional),
    type: typeText(checker, symbol, place),
    text: textOf(place),
    aliasText: textOf(aliasOf(checker, place)),
    place,
  };
}

/** As it is written, save that a choice is spelled out and that `side` names its notices. */
function typeText(checker: ts.TypeChecker, symbol: ts.Symbol, place: ts.Node): string {
  const type = checker.getNonNullableType(checker.getTypeOfSymbol(symbol));
  const choices = literalsOf(type);
  if (choices.length > 0) return choices.map((choice) => `'${choice}'`).join(' | ');
  const written = ts.isPropertySignature(place) ? place.type?.getText() : undefined;
  if (written === undefined || symbol.name === 'side') return checker.typeToString(type);
  return written.replace(/\s+/g, ' ').replace(/^\((.*)\) \| undefined$| \| undefined$/, '$1');
}

/** Where the name is declared that an option has as its type. */
function aliasOf(checker: ts.TypeChecker, place: ts.Node): ts.Node | undefined {
  const written = ts.isPropertySignature(place) ? place.type : undefined;
  const types = written !== undefined && ts.isUnionTypeNode(written) ? written.types : [written];
  const type = types.find((member) => member !== undefined && ts.isTypeReferenceNode(member));
  if (type === undefined) return undefined;
  const symbol = checker.getSymbolAtLocation(type.typeName);
  const isImport = symbol !== undefined && (symbol.flags & ts.SymbolFlags.Alias) !== 0;
  return (isImport ? checker.getAliasedSymbol(symbol) : symbol)?.declarations?.[0];
}

function textOf(place: ts.Node | undefined): string {
  const doc = place && docOf(place);
  return doc === undefined ? '' : [doc.summary, ...doc.body].join(' ').replace(/\s*\n\s*/g, ' ');
}

function inOrder(one: Option, other: Option): number {
  return rank(one) - rank(other) || byPlace(one.place, other.place);
}

function rank({ name, isRequired }: Option): number {
  return isRequired ? -1 : common.indexOf(name) + 1;
}

function byPlace(one: ts.Node, other: ts.Node): number {
  const [file, otherFile] = [one.getSourceFile().fileName, other.getSourceFile().fileName];
  if (file !== otherFile) return file < otherFile ? -1 : 1;
  return one.pos - other.pos;
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
