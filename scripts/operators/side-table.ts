import type ts from 'typescript';
import { cell, code, table } from './markdown.js';
import { literalsOf, noticeTypes } from './notice-types.js';
import { docOf, type OperatorSource } from './source.js';

/** What the operator tells `side`: a row for each kind of notice. */
export function sideTable(checker: ts.TypeChecker, operator: OperatorSource): string {
  const rows = noticeTypes(checker, operator).map((notice) => {
    const [kind, ...fields] = kindFirst(notice.getProperties()).map((symbol) => ({
      name: symbol.name,
      values: literalsOf(checker.getTypeOfSymbol(symbol)),
    }));
    return [valuesText(kind!.values), fields.map(fieldText).join(', '), cell(summaryOf(notice))];
  });
  return rows.length === 0 ? '' : table(['`kind`', 'With', 'Says'], rows);
}

function kindFirst(symbols: readonly ts.Symbol[]): readonly ts.Symbol[] {
  return symbols.toSorted((one, other) => Number(other.name === 'kind') - Number(one.name === 'kind'));
}

function fieldText({ name, values }: { readonly name: string; readonly values: readonly string[] }): string {
  return values.length === 0 ? code(name) : `${code(name)} (${valuesText(values)})`;
}

function valuesText(values: readonly string[]): string {
  return values.map(code).join(', ');
}

/** What the type says of itself, or a part of it. */
function summaryOf(notice: ts.Type): string {
  const parts = notice.isIntersection() ? [notice, ...notice.types] : [notice];
  const symbols = parts.flatMap(({ aliasSymbol, symbol }) => [aliasSymbol, symbol]);
  const docs = symbols.flatMap((symbol) => symbol?.declarations ?? []).map(docOf);
  return docs.find((doc) => doc !== undefined)?.summary ?? '';
}
