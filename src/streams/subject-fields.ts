import type { Labels, Series } from '../model/series.js';
import { subjectMatches } from '../model/subject.js';
import type { Codec } from './codec.js';

/** One input pattern and what its tokens mean: `_` nothing, `source`, `name`, a last `name...` the rest, else a label. */
export interface IngestPattern {
  readonly subject: string;
  readonly codec: Codec;
  readonly tokens: readonly string[];
}

/** What a subject says of the samples that arrive on it. */
export interface SubjectFields {
  readonly codec: Codec;
  readonly name: string | undefined;
  readonly source: string | undefined;
  readonly labels: Labels | undefined;
  /** Whether the subject has exactly the tokens that the pattern names. */
  readonly fits: boolean;
  /** The series that came last on it, most often the next one too. */
  lastSeries: Series | undefined;
}

const cacheCap = 50_000;

/** Reads subjects by the first ingest pattern that matches; each subject is taken apart once. */
export function createSubjectReader(ingest: readonly IngestPattern[]): (subject: string) => SubjectFields {
  const cache = new Map<string, SubjectFields>();
  return (subject) => {
    const known = cache.get(subject);
    if (known !== undefined) return known;
    const fields = readSubject(ingest, subject);
    if (cache.size >= cacheCap) cache.clear();
    cache.set(subject, fields);
    return fields;
  };
}

function readSubject(ingest: readonly IngestPattern[], subject: string): SubjectFields {
  const pattern = ingest.find((candidate) => subjectMatches(candidate.subject, subject));
  if (pattern === undefined) {
    return { codec: 'auto', name: undefined, source: undefined, labels: undefined, fits: false, lastSeries: undefined };
  }
  const tokens = subject.split('.');
  const rest = pattern.tokens.at(-1)?.endsWith('...') ?? false;
  const fits = rest ? tokens.length >= pattern.tokens.length : tokens.length === pattern.tokens.length;
  const named = nameTokens(pattern.tokens, tokens);
  const { name, source, ...labels } = named;
  return {
    codec: pattern.codec,
    // Of a subject that is too long, the named token is not the whole name.
    name: fits ? name : undefined,
    source,
    labels: Object.keys(labels).length === 0 ? undefined : labels,
    fits,
    lastSeries: undefined,
  };
}

function nameTokens(names: readonly string[], tokens: readonly string[]): Record<string, string> {
  const named: [string, string][] = [];
  names.forEach((name, i) => {
    if (name === '_' || i >= tokens.length) return;
    named.push(name.endsWith('...') ? [name.slice(0, -3), tokens.slice(i).join('.')] : [name, tokens[i]!]);
  });
  return Object.fromEntries(named);
}
