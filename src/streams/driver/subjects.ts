import { createHash } from 'node:crypto';
import { TocsinError } from '../../model/errors.js';
import { subjectProblem } from '../../model/subject.js';

/**
 * The client library writes a subject to the wire as it is, and a line break in it would be read as a command.
 * Throws `subject_invalid`.
 */
export function checkSubject(subject: string, options: { readonly wildcards: boolean }): void {
  const problem = subjectProblem(subject, options);
  if (problem === undefined) return;
  throw new TocsinError('subject_invalid', `subject ${JSON.stringify(subject.slice(0, 100))} ${problem}`, {
    value: subject,
    allowed: problem,
  });
}

/** A name as one subject token or consumer name; distinct names stay distinct. */
export function nameToken(name: string): string {
  if (/^[A-Za-z0-9_-]{1,64}$/.test(name)) return name;
  const readable = name.replace(/[^A-Za-z0-9_-]/g, '-').slice(0, 48);
  return `${readable}-${createHash('sha256').update(name).digest('hex').slice(0, 12)}`;
}
