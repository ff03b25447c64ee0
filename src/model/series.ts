/** A flat map of strings; keys sorted, so that equal labels are equal text. */
export type Labels = Readonly<Record<string, string>>;

/** One stream of values: name + source + labels. Interned once; samples carry a reference to it. */
export interface Series {
  /** Small integer, unique in this process. */
  readonly sid: number;
  /** Identity as text, stable across processes: see {@link seriesKey}. */
  readonly key: string;
  /** Canonical subject `metrics.<source>.<name>`. */
  readonly subject: string;
  readonly name: string;
  readonly source: string;
  readonly labels: Labels;
  readonly unit?: string;
}

/** `name|source|k=v,k=v` with sorted keys; separators inside values are escaped by a backslash. */
export function seriesKey(name: string, source: string, labels: Labels): string {
  let text = `${escapePart(name)}|${escapePart(source)}|`;
  let first = true;
  for (const key of Object.keys(labels).sort()) {
    text += `${first ? '' : ','}${escapePart(key)}=${escapePart(labels[key]!)}`;
    first = false;
  }
  return text;
}

/** Dots in a source become `-`; whatever may not stand in a subject token is escaped as `-`. */
export function seriesSubject(name: string, source: string): string {
  return `metrics.${subjectToken(source)}.${name.split('.').map(subjectToken).join('.')}`;
}

/** A text as one subject token: `[A-Za-z0-9_-]`, anything else becomes `-`; never empty. */
export function subjectToken(text: string): string {
  return text === '' ? '_' : text.replace(/[^A-Za-z0-9_-]/g, '-');
}

/** What {@link seriesKey} was made of. */
export function parseSeriesKey(key: string): {
  readonly name: string;
  readonly source: string;
  readonly labels: Labels;
} {
  const [name = '', source = '', pairs = ''] = splitOutside(key, '|');
  const labels = pairs === '' ? [] : splitOutside(pairs, ',').map((pair) => splitOutside(pair, '=').map(unescapePart));
  return { name: unescapePart(name), source: unescapePart(source), labels: Object.fromEntries(labels) };
}

/** Splits at separators that are not escaped. */
function splitOutside(text: string, separator: string): string[] {
  const parts: string[] = [];
  let start = 0;
  for (let i = 0; i < text.length; i++) {
    if (text[i] === '\\') i++;
    else if (text[i] === separator) {
      parts.push(text.slice(start, i));
      start = i + 1;
    }
  }
  parts.push(text.slice(start));
  return parts;
}

function unescapePart(text: string): string {
  return text.replace(/\\(.)/gs, '$1');
}

function escapePart(text: string): string {
  return /[\\|,=]/.test(text) ? text.replace(/[\\|,=]/g, '\\$&') : text;
}
