import type { Inhibition } from '../model/muting.js';
import type { InhibitInput } from './schema.js';

/** What a rule of inhibition without an id is called, by its place. */
export function inhibitionId(index: number): string {
  return `inhibit-${index + 1}`;
}

export function resolveInhibition({ id, source, target, equal }: InhibitInput, index: number): Inhibition {
  return { id: id ?? inhibitionId(index), source, target, equal: equal ?? [] };
}
