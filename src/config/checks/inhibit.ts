import { isSeverity, severities } from '../../model/severity.js';
import { type Finding, formatPath, type Path, quote } from '../problems.js';
import type { Salvaged } from '../salvage.js';
import type { InhibitInput } from '../schema.js';
import { suggest } from '../suggest.js';
import { type Check, type ConfigView, entriesOf, itemsOf } from './check.js';

type Side = Salvaged<InhibitInput>['source'];

/** A `*` elsewhere than at the end makes a pattern, whose length is bounded. */
const longestPattern = 120;

/** Each side says something, and says what can be. */
export const impossibleInhibitions: Check = (view) =>
  itemsOf(view.inhibit, ['inhibit']).flatMap(({ item, path }): Finding[] => [
    ...sideProblems(item.source, [...path, 'source']),
    ...sideProblems(item.target, [...path, 'target']),
    ...itemsOf(item.equal, [...path, 'equal']).flatMap(({ item: name, path: at }) =>
      name === 'tag'
        ? [{ code: 'CFG302' as const, message: `${formatPath(at)}: an alert has many tags`, path: at }]
        : [],
    ),
  ]);

function sideProblems(side: Side, path: Path): Finding[] {
  if (side !== undefined && Object.keys(side).length === 0) {
    return [{ code: 'CFG209', message: `${formatPath(path)} must have at least 1 field or label`, path }];
  }
  return entriesOf(side, path).flatMap(({ name, item, path: at }) => valueProblem(name, item, at) ?? []);
}

function valueProblem(name: string, value: string, path: Path): Finding | undefined {
  const isPattern = value.includes('*');
  if (name === 'severity' && !isPattern && !isSeverity(value)) {
    const meant = suggest(value, [...severities]);
    const hint = meant === undefined ? {} : { hint: `did you mean "${meant}"?` };
    return {
      code: 'CFG203',
      message: `${formatPath(path)} cannot be ${quote(value)}`,
      path,
      allowed: severities,
      ...hint,
    };
  }
  const must = (what: string): Finding => ({ code: 'CFG210', message: `${formatPath(path)} must be ${what}`, path });
  if (name === 'tag' && isPattern) return must('an exact tag, without *');
  const isLong = value.replace(/\*+$/, '').includes('*') && value.length > longestPattern;
  return isLong ? must(`at most ${longestPattern} characters, with a * that is not at its end`) : undefined;
}

/** What the target of one rule is for another, and the other way round: both would be muted, and nobody told of either. */
export const mutualInhibitions: Check = (view) => {
  const rules = itemsOf(view.inhibit, ['inhibit']);
  return rules.flatMap(({ item, path }, i): Finding[] => {
    const other = rules.slice(0, i).find((earlier) => isSwapped(earlier.item, item));
    if (other === undefined) return [];
    const message = `${formatPath(path)} and ${formatPath(other.path)} mute each other: nobody would be told of either`;
    return [{ code: 'CFG315', message, path }];
  });
};

function isSwapped(a: Salvaged<InhibitInput>, b: Salvaged<InhibitInput>): boolean {
  return isSameSide(a.source, b.target) && isSameSide(a.target, b.source) && !isSameSide(a.source, a.target);
}

function isSameSide(a: Side = {}, b: Side = {}): boolean {
  const names = Object.keys(a);
  return names.length === Object.keys(b).length && names.every((name) => a[name] === b[name]);
}

/** A warning: a rule that is named is not there, unless a command makes it later. */
export const unknownInhibitors: Check = (view) => {
  const known = ruleIds(view);
  return itemsOf(view.inhibit, ['inhibit']).flatMap(({ item, path }): Finding[] =>
    (['source', 'target'] as const).flatMap((side): Finding[] => {
      const id = item[side]?.['rule'];
      if (id === undefined || id.includes('*') || known.has(id)) return [];
      const at = [...path, side, 'rule'];
      const meant = suggest(id, [...known]);
      const hint = meant === undefined ? {} : { hint: `did you mean "${meant}"?` };
      return [
        { code: 'CFG404', message: `${formatPath(at)} names ${quote(id)}, which is no rule here`, path: at, ...hint },
      ];
    }),
  );
};

function ruleIds(view: ConfigView): ReadonlySet<string> {
  const rules = itemsOf(view.rules, ['rules']).flatMap(({ item }) => item.id ?? []);
  return new Set([...rules, ...itemsOf(view.presets, ['presets']).map(({ item }) => item)]);
}
