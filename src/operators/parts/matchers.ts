import { arrayOption, choiceOption, nameOption, objectOption, textOption } from '../options.js';
import { LinearPattern } from './linear-pattern.js';

/** Names and values; a label that is missing is the empty text. */
export type Labels = Readonly<Record<string, string>>;

const matcherOps = ['=', '!=', '^=', '=~', '!~'] as const;

/** `=` the same text, `^=` begins with it, `=~` matches it as a pattern; `!=` and `!~` are the opposites. */
export type MatcherOp = (typeof matcherOps)[number];

/**
 * One condition on one label. A pattern (`=~`, `!~`) is compared with the whole value. It may have characters, `.`, sets
 * such as `[a-z]`, `[^0-9]` and `\d`, groups, `|`, `*`, `+`, `?`, `{2,5}`, at most 256 characters, and takes time linear
 * in the value whatever it says.
 */
export interface LabelMatcher {
  readonly label: string;
  readonly op: MatcherOp;
  readonly value: string;
}

/** The value of a label. What objects inherit is no label. */
export function labelOf(labels: Labels, name: string): string {
  const value = labels[name];
  return typeof value === 'string' ? value : '';
}

/** A text with which the value of a label must begin, or that it must be, for a matcher to hold. */
export interface Anchor {
  readonly label: string;
  readonly text: string;
  /** How much of the value must be the text: `Infinity` for all of it. */
  readonly length: number;
}

class CompiledMatcher {
  /** `undefined` when any text might do. */
  readonly anchor: Anchor | undefined;
  private readonly label: string;
  private readonly op: MatcherOp;
  private readonly value: string;
  private readonly pattern: LinearPattern | undefined;

  constructor(name: string, { label, op, value }: LabelMatcher) {
    this.label = label;
    this.op = op;
    this.value = value;
    this.pattern = op === '=~' || op === '!~' ? compilePattern(`${name}.value`, value) : undefined;
    this.anchor = this.anchorOf();
  }

  matches(labels: Labels): boolean {
    const text = labelOf(labels, this.label);
    switch (this.op) {
      case '=':
        return text === this.value;
      case '!=':
        return text !== this.value;
      case '^=':
        return text.startsWith(this.value);
      case '=~':
        return this.pattern!.matches(text);
      case '!~':
        return !this.pattern!.matches(text);
    }
  }

  private anchorOf(): Anchor | undefined {
    const { label, op, value, pattern } = this;
    if (op === '=') return { label, text: value, length: Infinity };
    if (op === '^=') return beginning(label, value);
    if (op !== '=~') return undefined;
    return pattern!.isLiteral ? { label, text: pattern!.prefix, length: Infinity } : beginning(label, pattern!.prefix);
  }
}

function beginning(label: string, text: string): Anchor | undefined {
  return text === '' ? undefined : { label, text, length: text.length };
}

/** Conditions that must all hold. */
export class CompiledMatchers {
  private readonly all: readonly CompiledMatcher[];

  constructor(name: string, matchers: readonly LabelMatcher[]) {
    this.all = matchers.map((matcher, position) => new CompiledMatcher(`${name}[${position}]`, matcher));
  }

  /** Of those that have one. */
  get anchors(): readonly Anchor[] {
    return this.all.map(({ anchor }) => anchor).filter((anchor) => anchor !== undefined);
  }

  matches(labels: Labels): boolean {
    for (const matcher of this.all) if (!matcher.matches(labels)) return false;
    return true;
  }
}

/**
 * Checks and compiles matchers, for asking them again and again: what would this silence mute?
 *
 * @param name what the matchers are called in an error.
 * @throws RangeError, TypeError for a bad matcher; they name the field, its value and what is allowed.
 *
 * @example
 * const draft = compileMatchers([{ label: 'service', op: '=~', value: 'db-[0-9]+' }]);
 * const wouldBeMuted = openAlerts.filter((alert) => draft.matches(alert.labels));
 */
export function compileMatchers(matchers: readonly LabelMatcher[], name = 'matchers'): CompiledMatchers {
  arrayOption(name, matchers);
  matchers.forEach((matcher, position) => {
    checkMatcher(`${name}[${position}]`, matcher);
  });
  return new CompiledMatchers(name, matchers);
}

function checkMatcher(name: string, matcher: LabelMatcher): void {
  objectOption(name, matcher);
  nameOption(`${name}.label`, matcher.label);
  choiceOption(`${name}.op`, matcher.op, matcherOps);
  textOption(`${name}.value`, matcher.value);
}

function compilePattern(name: string, pattern: string): LinearPattern {
  try {
    return new LinearPattern(pattern);
  } catch (error) {
    const problem = error instanceof Error ? error.message : String(error);
    throw new RangeError(`${name} must be a supported pattern, received ${JSON.stringify(pattern)}: ${problem}`);
  }
}
