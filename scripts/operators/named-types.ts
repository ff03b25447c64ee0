import ts from 'typescript';
import { literalsOf, noticeTypes, optionsType } from './notice-types.js';
import type { OperatorSource } from './source.js';

/** A type of ours that users name. */
export type NamedType = ts.InterfaceDeclaration | ts.TypeAliasDeclaration;

/** What the operator emits, as it is written and as it is declared; none where that is a value of the user's. */
export interface Output {
  readonly written: ts.TypeNode;
  readonly type: NamedType;
  /** Those of the union that it may be, or itself. */
  readonly kinds: readonly NamedType[];
}

/** The named types around an operator: those that its own module exports. */
export class NamedTypes {
  private readonly checker: ts.TypeChecker;
  private readonly operator: OperatorSource;
  private readonly exported: ReadonlySet<ts.Node>;

  constructor(checker: ts.TypeChecker, operator: OperatorSource) {
    const module = checker.getSymbolAtLocation(operator.declaration.getSourceFile())!;
    const symbols = checker.getExportsOfModule(module).map((symbol) => target(checker, symbol));
    this.checker = checker;
    this.operator = operator;
    this.exported = new Set(symbols.flatMap((symbol) => symbol.declarations ?? []));
  }

  output(): Output | undefined {
    const returned = this.operator.declaration.type;
    const written = returned && ts.isTypeReferenceNode(returned) ? returned.typeArguments?.at(-1) : undefined;
    const [type] = written === undefined ? [] : this.namedIn(written);
    return written && type && { written, type, kinds: this.alternatives(type) };
  }

  /**
   * What the options, the output and the notices of `side` are made of, in the order in which it comes up. Without
   * those themselves, and without `state`, which nobody has to write.
   */
  mentioned(): readonly NamedType[] {
    const output = this.output();
    const shown = output === undefined ? [] : [output.type, ...output.kinds];
    const options = optionsType(this.checker, this.operator)?.getProperties() ?? [];
    const given = options.filter(({ name }) => name !== 'side' && name !== 'state');
    const notices = noticeTypes(this.checker, this.operator).flatMap((notice) => notice.getProperties());
    const found = new Set([...shown, ...this.fieldTypes([...given, ...notices])]);
    // A set hands out what is added to it meanwhile.
    for (const type of found) for (const part of this.partsOf(type)) found.add(part);
    return [...found].filter((type) => !shown.includes(type) && !this.isSpelledOut(type));
  }

  /** The members that a table of `type` shows: its own, and those of what it extends that users cannot name. */
  membersOf(type: NamedType): readonly ts.Symbol[] {
    const members = this.checker.getTypeAtLocation(type).getProperties();
    return members.filter(({ declarations: [place] = [] }) => {
      const owner = place?.parent;
      return owner === type || owner === undefined || !this.exported.has(owner);
    });
  }

  /** What `type` extends that has a table of its own. */
  basesOf(type: NamedType): readonly NamedType[] {
    const clauses = ts.isInterfaceDeclaration(type) ? (type.heritageClauses ?? []) : [];
    return clauses.flatMap((clause) => clause.types.flatMap((base) => this.declared(base.expression)));
  }

  /** The types that a union names; `type` itself if it is another. */
  private alternatives(type: NamedType): readonly NamedType[] {
    if (ts.isInterfaceDeclaration(type) || !ts.isUnionTypeNode(type.type)) return [type];
    const { types } = type.type;
    return types.flatMap((one) => (ts.isTypeReferenceNode(one) ? this.declared(one.typeName) : []));
  }

  private partsOf(type: NamedType): readonly NamedType[] {
    if (ts.isTypeAliasDeclaration(type)) return this.namedIn(type.type);
    return [...this.fieldTypes(this.membersOf(type)), ...this.basesOf(type)];
  }

  private fieldTypes(members: readonly ts.Symbol[]): readonly NamedType[] {
    return members.flatMap(({ declarations = [] }) => declarations.slice(0, 1).flatMap((place) => this.namedIn(place)));
  }

  /** The types whose names stand in `node`. */
  private namedIn(node: ts.Node): readonly NamedType[] {
    const found: NamedType[] = [];
    const visit = (at: ts.Node): void => {
      if (ts.isTypeReferenceNode(at)) found.push(...this.declared(at.typeName));
      ts.forEachChild(at, visit);
    };
    visit(node);
    return found;
  }

  /** A type parameter stands for what it extends. */
  private declared(name: ts.Node): readonly NamedType[] {
    const local = this.checker.getSymbolAtLocation(name);
    const declarations = (local && target(this.checker, local).declarations) ?? [];
    return declarations.flatMap((place): readonly NamedType[] => {
      if (ts.isTypeParameterDeclaration(place)) return place.constraint ? this.namedIn(place.constraint) : [];
      const isType = ts.isInterfaceDeclaration(place) || ts.isTypeAliasDeclaration(place);
      return isType && this.exported.has(place) ? [place] : [];
    });
  }

  /** A list of texts stands in the tables as its values, and what is no union as what it is. */
  private isSpelledOut(type: NamedType): boolean {
    if (ts.isInterfaceDeclaration(type)) return false;
    return !ts.isUnionTypeNode(type.type) || literalsOf(this.checker.getTypeAtLocation(type)).length > 0;
  }
}

function target(checker: ts.TypeChecker, symbol: ts.Symbol): ts.Symbol {
  return symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol;
}
