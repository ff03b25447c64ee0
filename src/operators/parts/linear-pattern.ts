import { type CodePoints, literalStart, type PatternNode, parsePattern } from './pattern-tree.js';

const longestPattern = 256;
/** Bounds the time for one character of the text. */
const mostStates = 512;

/** A state reads one character, or forks without reading, or is the end. */
interface State {
  readonly reads: CodePoints | undefined;
  /** Where it goes; both are the same when it does not fork. */
  next: number;
  other: number;
}

/**
 * A pattern that is compared with the whole of a text, in time linear in the text whatever the pattern is: people write
 * patterns, and with `RegExp` a single `(a+)+b` stops the process. See `parsePattern` for what it may say.
 *
 * All states that the text so far can lead to are walked at once (Thompson, 1968): never more than the pattern has.
 */
export class LinearPattern {
  /** Every match begins with this. */
  readonly prefix: string;
  /** Nothing but `prefix` matches. */
  readonly isLiteral: boolean;
  /** The state that is reached by reading `prefix`: each of its characters is one state. */
  private readonly afterPrefix: number;
  private readonly states: State[] = [];
  private readonly end: number;
  /** In which step each state was reached last. */
  private readonly reached: Float64Array<ArrayBuffer>;
  private step = 0;
  private current: number[] = [];
  private following: number[] = [];

  /** Throws `RangeError` for a pattern that is too long, too large, or says what is not supported. */
  constructor(pattern: string) {
    if (pattern.length > longestPattern) throw new RangeError(`more than ${longestPattern} characters`);
    const tree = parsePattern(pattern);
    const start = literalStart(tree);
    this.prefix = start.text;
    this.isLiteral = start.isAll;
    this.afterPrefix = [...start.text].length;
    this.compile(tree);
    this.end = this.add(undefined);
    this.reached = new Float64Array(this.states.length);
  }

  matches(text: string): boolean {
    if (!text.startsWith(this.prefix)) return false;
    this.begin(this.afterPrefix);
    for (let at = this.prefix.length; at < text.length; ) {
      const point = text.codePointAt(at)!;
      this.read(point);
      if (this.current.length === 0) return false;
      at += point > 0xffff ? 2 : 1;
    }
    return this.reached[this.end] === this.step;
  }

  private begin(state: number): void {
    this.current.length = 0;
    this.step += 1;
    this.reach(state, this.current);
  }

  private read(point: number): void {
    const { current, following } = this;
    following.length = 0;
    this.step += 1;
    for (const id of current) {
      const state = this.states[id]!;
      if (state.reads !== undefined && includes(state.reads, point)) this.reach(state.next, following);
    }
    this.current = following;
    this.following = current;
  }

  /** Notes a state and all that it leads to without reading. */
  private reach(id: number, into: number[]): void {
    if (this.reached[id] === this.step) return;
    this.reached[id] = this.step;
    const { reads, next, other } = this.states[id]!;
    if (reads !== undefined || id === this.end) {
      into.push(id);
      return;
    }
    this.reach(next, into);
    this.reach(other, into);
  }

  private compile(node: PatternNode): void {
    if (node.kind === 'one') this.add(node.of);
    else if (node.kind === 'sequence') for (const part of node.parts) this.compile(part);
    else if (node.kind === 'choice') this.compileChoice(node.parts);
    else this.compileRepeat(node.part, node.least, node.most);
  }

  private compileChoice(parts: readonly PatternNode[]): void {
    const ends: number[] = [];
    for (const part of parts.slice(0, -1)) {
      const fork = this.add(undefined);
      this.compile(part);
      ends.push(this.add(undefined));
      this.states[fork]!.other = this.states.length;
    }
    this.compile(parts.at(-1)!);
    for (const end of ends) this.jump(end, this.states.length);
  }

  private compileRepeat(part: PatternNode, least: number, most: number): void {
    for (let times = 0; times < least; times += 1) {
      const before = this.states.length;
      this.compile(part);
      // Something empty, any number of times, is empty: counting on would take for ever when such are nested.
      if (this.states.length === before) return;
    }
    if (most === Infinity) this.compileLoop(part);
    else this.compileOptional(part, most - least);
  }

  private compileLoop(part: PatternNode): void {
    const fork = this.add(undefined);
    this.compile(part);
    this.jump(this.add(undefined), fork);
    this.states[fork]!.other = this.states.length;
  }

  private compileOptional(part: PatternNode, times: number): void {
    const forks: number[] = [];
    for (let time = 0; time < times; time += 1) {
      forks.push(this.add(undefined));
      this.compile(part);
    }
    for (const fork of forks) this.states[fork]!.other = this.states.length;
  }

  /** A new state, which leads to the one that is added next. */
  private add(reads: CodePoints | undefined): number {
    const id = this.states.length;
    if (id >= mostStates) throw new RangeError(`a pattern of more than ${mostStates} states, by its {…}`);
    this.states.push({ reads, next: id + 1, other: id + 1 });
    return id;
  }

  private jump(from: number, to: number): void {
    this.states[from]!.next = to;
    this.states[from]!.other = to;
  }
}

function includes(points: CodePoints, point: number): boolean {
  for (let at = 0; at < points.length; at += 2) {
    if (point < points[at]!) return false;
    if (point <= points[at + 1]!) return true;
  }
  return false;
}
