import type { Inhibition, MutableAlert } from '../model/muting.js';
import type { SilenceMatcher } from '../model/silence.js';
import type { InhibitRule } from '../operators/inhibit-options.js';
import type { LabelMatcher, Labels } from '../operators/parts/matchers.js';

/** Silences and inhibition look at flat maps of texts: what an alert is to them, and what their conditions become. */

/** The labels, under its own name each field, and each tag as a label of its own. No label can pass for a field. */
export function muteLabels(alert: MutableAlert): Labels {
  // One by one: an object that is spread first and grows then is ten times as slow.
  const labels: Record<string, string> = {};
  for (const name of Object.keys(alert.labels)) labels[name] = alert.labels[name]!;
  labels['source'] = alert.source;
  labels['severity'] = alert.severity;
  labels['category'] = alert.category;
  labels['title'] = alert.title;
  labels['rule'] = alert.rule ?? '';
  for (const tag of alert.tags) labels[tagLabel(tag)] = present;
  return labels;
}

export function labelMatcher({ name, op, value }: SilenceMatcher): LabelMatcher {
  if (name === 'tag') return { label: tagLabel(value), op: op === '!=' ? '!=' : '=', value: present };
  return { label: name, op: op === '~' ? '=~' : op, value };
}

/** A rule of the configuration, whose values may have `*`. */
export function inhibitRule({ id, source, target, equal }: Inhibition): InhibitRule {
  return { id, source: wildcards(source), target: wildcards(target), equal };
}

const present = 'true';

/** A control character, so that no ordinary label has that name. */
function tagLabel(tag: string): string {
  return `tag\u0000${tag}`;
}

function wildcards(patterns: Readonly<Record<string, string>>): LabelMatcher[] {
  return Object.entries(patterns).map(([name, pattern]) => wildcard(name, pattern));
}

function wildcard(name: string, pattern: string): LabelMatcher {
  if (name === 'tag' || !pattern.includes('*')) return labelMatcher({ name, op: '=', value: pattern });
  const beginning = pattern.replace(/\*+$/, '');
  if (!beginning.includes('*')) return { label: name, op: '^=', value: beginning };
  return { label: name, op: '=~', value: pattern.split(/\*+/).map(escaped).join('.*') };
}

function escaped(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
}
