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

function escapePart(text: string): string {
  return /[\\|,=]/.test(text) ? text.replace(/[\\|,=]/g, '\\$&') : text;
}
