import type ts from 'typescript';
import { inputTable, type Member, memberOf } from './members.js';
import { optionsType } from './notice-types.js';
import type { OperatorSource } from './source.js';

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
  return options.length === 0 ? '' : inputTable('Option', options.toSorted(inOrder));
}

function optionOf(checker: ts.TypeChecker, symbol: ts.Symbol): Member {
  const option = memberOf(checker, symbol);
  return { ...option, aliasText: usual[option.name] ?? option.aliasText };
}

function inOrder(one: Member, other: Member): number {
  return rank(one) - rank(other) || byPlace(one.place, other.place);
}

function rank({ name, isRequired }: Member): number {
  return isRequired ? -1 : common.indexOf(name) + 1;
}

function byPlace(one: ts.Node, other: ts.Node): number {
  const [file, otherFile] = [one.getSourceFile().fileName, other.getSourceFile().fileName];
  if (file !== otherFile) return file < otherFile ? -1 : 1;
  return one.pos - other.pos;
}
