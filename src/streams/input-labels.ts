import type { Labels } from '../model/series.js';
import { InputProblem } from './input-problem.js';

export interface LabelLimits {
  readonly maxLabels: number;
  /** Of a name and of a value. */
  readonly maxChars: number;
}

/**
 * Labels as a publisher gives them: a flat map of texts, numbers and booleans, or a list of tags, which become
 * `{tag: 'true'}`. The common case, a map of texts, is returned as it is.
 */
export function readLabels(raw: unknown, field: string, limits: LabelLimits): Labels | InputProblem {
  if (typeof raw !== 'object' || raw === null) {
    return new InputProblem('field_invalid', `${field} must be a map of texts or a list of tags`, field);
  }
  const map = Array.isArray(raw) ? tagsAsLabels(raw, field) : (raw as Record<string, unknown>);
  return map instanceof InputProblem ? map : checkLabels(map, field, limits);
}

function tagsAsLabels(tags: readonly unknown[], field: string): Record<string, string> | InputProblem {
  const bad = tags.findIndex((tag) => typeof tag !== 'string');
  if (bad >= 0) return new InputProblem('field_invalid', 'a tag must be a text', `${field}[${bad}]`);
  return Object.fromEntries(tags.map((tag) => [tag, 'true']));
}

function checkLabels(map: Record<string, unknown>, field: string, limits: LabelLimits): Labels | InputProblem {
  let count = 0;
  let texts = true;
  for (const key in map) {
    if (++count > limits.maxLabels) {
      return new InputProblem('too_many_labels', `more than ${limits.maxLabels} labels`, field);
    }
    const problem = labelProblem(key, map[key], field, limits.maxChars);
    if (problem !== undefined) return problem;
    texts &&= typeof map[key] === 'string';
  }
  return texts ? (map as Labels) : Object.fromEntries(Object.entries(map).map(([key, value]) => [key, String(value)]));
}

function labelProblem(key: string, value: unknown, field: string, maxChars: number): InputProblem | undefined {
  if (key === '') return new InputProblem('field_invalid', 'a label needs a name', field);
  if (key.length > maxChars) return new InputProblem('field_invalid', `a label name is over ${maxChars} long`, field);
  if (typeof value === 'string') {
    if (value.length <= maxChars) return undefined;
    return new InputProblem('field_invalid', `the value is over ${maxChars} long`, `${field}.${key}`);
  }
  if (typeof value === 'boolean' || (typeof value === 'number' && Number.isFinite(value))) return undefined;
  return new InputProblem('field_invalid', 'a label value must be a text', `${field}.${key}`);
}
