/** What stands wherever a secret would be shown. */
export const secretMark = '[secret]';

/** Shorter ones are not searched for inside other text: they would black out half of it. */
const shortestInText = 4;

/** The secret values that are known, so that no log line, error or print-out shows one. */
export interface SecretRegistry {
  add(value: string): void;
  /** The text with every known secret replaced by `[secret]`, also where it is escaped for JSON or a URL. */
  scrub(text: string): string;
  /** Where the characters from `start` to `end` of the text stand once it is scrubbed. */
  moved(text: string, start: number, end: number): Span;
}

type Span = readonly [start: number, end: number];

export function createSecretRegistry(): SecretRegistry {
  const known = new Set<string>();
  let pattern: RegExp | undefined;
  return {
    add(value) {
      if (value === '' || known.has(value)) return;
      known.add(value);
      pattern = patternOf(known);
    },
    scrub(text) {
      if (known.has(text)) return secretMark;
      return pattern === undefined ? text : text.replace(pattern, secretMark);
    },
    moved(text, start, end) {
      if (known.has(text)) return [0, secretMark.length];
      return pattern === undefined ? [start, end] : movedBy(text.matchAll(pattern), start, end);
    },
  };
}

/** An end that lies inside a secret moves to the end of its mark, a start to the beginning. */
function movedBy(secrets: Iterable<RegExpExecArray>, start: number, end: number): Span {
  let [newStart, newEnd] = [start, end];
  for (const { index, 0: secret } of secrets) {
    const after = index + secret.length;
    const growth = secretMark.length - secret.length;
    if (start >= after) newStart += growth;
    else if (start > index) newStart -= start - index;
    if (end >= after) newEnd += growth;
    else if (end > index) newEnd += index + secretMark.length - end;
  }
  return [newStart, newEnd];
}

function patternOf(secrets: ReadonlySet<string>): RegExp | undefined {
  const forms = new Set([...secrets].filter((s) => s.length >= shortestInText).flatMap(spellings));
  if (forms.size === 0) return undefined;
  // The longest first: one secret may be the beginning of another.
  const sorted = [...forms].sort((a, b) => b.length - a.length);
  return new RegExp(sorted.map((form) => form.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&')).join('|'), 'g');
}

function spellings(secret: string): string[] {
  const wellFormed = secret.replace(/\p{Surrogate}/gu, '\ufffd');
  return [secret, JSON.stringify(secret).slice(1, -1), encodeURIComponent(wellFormed), encodeURI(wellFormed)];
}

/** A copy of plain data in which every string is scrubbed, keys left as they are. */
export function redact(value: unknown, secrets: SecretRegistry): unknown {
  if (typeof value === 'string') return secrets.scrub(value);
  if (Array.isArray(value)) return value.map((item) => redact(item, secrets));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, redact(item, secrets)]));
}

/** A shallow copy of which printing, `JSON.stringify` and `util.inspect` show `[secret]` where it holds a secret. */
export function concealed<T extends object>(value: T, secrets: SecretRegistry): T {
  const shown = { value: () => redact(value, secrets) };
  return Object.defineProperties({ ...value }, { toJSON: shown, [Symbol.for('nodejs.util.inspect.custom')]: shown });
}
