import type { AlertRecord } from '../model/alert.js';
import { subjectToken } from '../model/series.js';

/** Where the transitions of a key stand in the event log. */
export function alertSubject({ rule, keyHash }: Pick<AlertRecord, 'rule' | 'keyHash'>): string {
  return `alert.${rule === undefined ? '_' : subjectToken(rule)}.${keyHash}`;
}
