/** Code points as pairs of first and last, in order and apart. */
export type CodePoints = readonly number[];

/** What a pattern says, as a tree. */
export type PatternNode =
  | { readonly kind: 'one'; readonly of: CodePoints }
  | { readonly kind: 'sequence'; readonly parts: readonly PatternNode[] }
  | { readonly kind: 'choice'; readonly parts: readonly PatternNode[] }
  | { readonly kind: 'repeat'; readonly part: PatternNode; readonly least: number; readonly most: number };

const lastCodePoint = 0x10ffff;
const mostRepeats = 1_000;
const digits: CodePoints = [48, 57];
const word: CodePoints = [48, 57, 65, 90, 95, 95, 97, 122];
const space: CodePoints = [9, 13, 32, 32];
/** What stands after a backslash for a set; anything else but letters and digits stands for itself. */
const escapes: ReadonlyMap<string, CodePoints> = new Map([
  ['d', digits],
  ['D', complement(digits)],
  ['w', word],
  ['W', complement(word)],
  ['s', space],
  ['S', complement(space)],
  ['t', [9, 9]],
  ['n', [10, 10]],
  ['r', [13, 13]],
]);

/**
 * Reads a pattern: characters, `.` (any), `\d \w \s` and their capitals (ASCII), `\t \n \r`, `[a-z]`, `[^a-z]`, groups,
 * `|`, `*`, `+`, `?`, `{2}`, `{2,}`, `{2,5}`. What RegExp means by these is meant, with its flags `s` and `u`. Throws
 * `RangeError` for anything else: what cannot be read is never taken for something similar.
 */
export function parsePattern(pattern: string): PatternNode {
  return new Parser(pattern).parse();
}

class Parser {
  private readonly text: readonly string[];
  private at = 0;

  constructor(pattern: string) {
    this.text = [...pattern];
  }

  parse(): PatternNode {
    const tree = this.choice();
    if (this.at < this.text.length) throw this.problem('a ) that closes nothing');
    return tree;
  }

  private choice(): PatternNode {
    const parts = [this.sequence()];
    while (this.takes('|')) parts.push(this.sequence());
    return parts.length === 1 ? parts[0]! : { kind: 'choice', parts };
  }

  private sequence(): PatternNode {
    const parts: PatternNode[] = [];
    while (this.at < this.text.length && this.text[this.at] !== '|' && this.text[this.at] !== ')') {
      parts.push(this.repeated(this.atom()));
    }
    return parts.length === 1 ? parts[0]! : { kind: 'sequence', parts };
  }

  private repeated(part: PatternNode): PatternNode {
    if (this.takes('*')) return { kind: 'repeat', part, least: 0, most: Infinity };
    if (this.takes('+')) return { kind: 'repeat', part, least: 1, most: Infinity };
    if (this.takes('?')) return { kind: 'repeat', part, least: 0, most: 1 };
    return this.takes('{') ? this.counted(part) : part;
  }

  private counted(part: PatternNode): PatternNode {
    const least = this.count();
    let most = least;
    if (this.takes(',')) most = this.text[this.at] === '}' ? Infinity : this.count();
    if (!this.takes('}') || most < least) throw this.problem('a { without {2}, {2,} or {2,5}');
    return { kind: 'repeat', part, least, most };
  }

  private count(): number {
    const start = this.at;
    while (/^\d$/.test(this.text[this.at] ?? '')) this.at += 1;
    const count = Number(this.text.slice(start, this.at).join(''));
    if (this.at === start) throw this.problem('a { without {2}, {2,} or {2,5}');
    if (count > mostRepeats) throw this.problem(`more than ${mostRepeats} repeats`);
    return count;
  }

  private atom(): PatternNode {
    const sign = this.text[this.at]!;
    if ('*+?{}]'.includes(sign)) throw this.problem(`a ${sign} with nothing before it, or without its backslash`);
    if (sign === '^' || sign === '$') throw this.problem(`a ${sign}, where the whole text is compared anyway`);
    this.at += 1;
    if (sign === '(') return this.group();
    if (sign === '[') return { kind: 'one', of: this.set() };
    if (sign === '.') return { kind: 'one', of: [0, lastCodePoint] };
    return { kind: 'one', of: sign === '\\' ? this.escape() : single(sign) };
  }

  private group(): PatternNode {
    if (this.takes('?') && !this.takes(':')) throw this.problem('a (? that is not (?:');
    const inner = this.choice();
    if (!this.takes(')')) throw this.problem('a ( that is not closed');
    return inner;
  }

  private set(): CodePoints {
    const isNegated = this.takes('^');
    const ranges: [number, number][] = [];
    while (!this.takes(']')) this.member(ranges);
    if (ranges.length === 0) throw this.problem('an empty set');
    const of = united(ranges);
    return isNegated ? complement(of) : of;
  }

  /** One character of a set, one escape, or one range. */
  private member(into: [number, number][]): void {
    const first = this.setCharacter();
    if (this.text[this.at] !== '-' || this.text[this.at + 1] === ']') {
      for (let at = 0; at < first.length; at += 2) into.push([first[at]!, first[at + 1]!]);
      return;
    }
    this.at += 1;
    const last = this.setCharacter();
    if (!isSingle(first) || !isSingle(last) || last[0]! < first[0]!) throw this.problem('a range that is none');
    into.push([first[0]!, last[0]!]);
  }

  private setCharacter(): CodePoints {
    const sign = this.text[this.at];
    if (sign === undefined) throw this.problem('a [ that is not closed');
    this.at += 1;
    return sign === '\\' ? this.escape() : single(sign);
  }

  private escape(): CodePoints {
    const sign = this.text[this.at];
    if (sign === undefined) throw this.problem('a backslash at the end');
    const known = escapes.get(sign) ?? (/[\p{L}\p{N}]/u.test(sign) ? undefined : single(sign));
    if (known === undefined) throw this.problem(`\\${sign}, which is not supported`);
    this.at += 1;
    return known;
  }

  private takes(sign: string): boolean {
    if (this.text[this.at] !== sign) return false;
    this.at += 1;
    return true;
  }

  private problem(what: string): RangeError {
    return new RangeError(`${what}, at character ${this.at + 1}`);
  }
}

/** The characters with which every match begins, and whether that is all there is. */
export function literalStart(tree: PatternNode): { readonly text: string; readonly isAll: boolean } {
  const parts = tree.kind === 'sequence' ? tree.parts : [tree];
  let text = '';
  for (const part of parts) {
    if (part.kind !== 'one' || !isSingle(part.of)) return { text, isAll: false };
    text += String.fromCodePoint(part.of[0]!);
  }
  return { text, isAll: true };
}

function single(sign: string): CodePoints {
  const point = sign.codePointAt(0)!;
  return [point, point];
}

function isSingle(points: CodePoints): boolean {
  return points.length === 2 && points[0] === points[1];
}

function united(ranges: [number, number][]): CodePoints {
  const points: number[] = [];
  for (const [first, last] of ranges.sort(([a], [b]) => a - b)) {
    const end = points.length - 1;
    if (end > 0 && first <= points[end]! + 1) points[end] = Math.max(points[end]!, last);
    else points.push(first, last);
  }
  return points;
}

function complement(points: CodePoints): CodePoints {
  const rest: number[] = [];
  let next = 0;
  for (let at = 0; at < points.length; at += 2) {
    if (points[at]! > next) rest.push(next, points[at]! - 1);
    next = points[at + 1]! + 1;
  }
  if (next <= lastCodePoint) rest.push(next, lastCodePoint);
  return rest;
}
