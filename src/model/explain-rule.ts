import { formatDuration } from './duration.js';
import { type ConditionRule, formatComparison, isAbsenceRule, levelsOf, type Rule } from './rule.js';
import type { Labels } from './series.js';
import { iso } from './time-text.js';
import { matchesWildcard } from './wildcard.js';

/** What a rule makes of one series, and why it does not fire. */
export interface RuleExplanation {
  readonly rule: string;
  readonly series: string;
  /** Stable word: the first thing that keeps it from firing, or `firing`. */
  readonly code: RuleVerdict;
  readonly text: string;
  /** Everything that was looked at, in order. */
  readonly checks: readonly RuleCheck[];
  /** The alert that is open for it. */
  readonly alert?: string;
}

export type RuleVerdict =
  | 'disabled'
  | 'metric_differs'
  | 'labels_differ'
  | 'no_sample'
  | 'condition_false'
  | 'pending'
  | 'cooldown'
  | 'watching'
  | 'waiting'
  | 'firing';

export interface RuleCheck {
  readonly code: RuleVerdict;
  readonly ok: boolean;
  readonly text: string;
}

/** Facts about one series. Wall times. */
export interface SeriesFacts {
  readonly key: string;
  readonly name: string;
  readonly source: string;
  readonly labels: Labels;
  /** Its last sample, if there was one since the start. */
  readonly last?: { readonly value: number; readonly at: number };
  /** Where the rule stands, unless it is at rest. */
  readonly state?: RuleState;
  readonly alert?: string;
}

export interface RuleState {
  readonly phase: 'pending' | 'firing' | 'rising' | 'clearing' | 'cooling' | 'watching';
  readonly since: number;
  /** When that ends by itself. */
  readonly due?: number;
}

/** Goes through what has to be so for the rule to fire, in order. */
export function explainRule(rule: Rule, facts: SeriesFacts): RuleExplanation {
  const checks = [
    check('disabled', rule.enabled, rule.enabled ? 'the rule is enabled' : 'the rule is disabled'),
    metricCheck(rule, facts),
    ...labelChecks(rule, facts),
    sampleCheck(facts),
    ...(isAbsenceRule(rule) ? [] : [conditionCheck(rule, facts)]),
    ...stateChecks(rule, facts),
  ];
  const wrong = checks.find(({ ok }) => !ok);
  const isFiring = facts.alert !== undefined || phaseFires(facts.state);
  const verdict: Pick<RuleCheck, 'code' | 'text'> = isFiring
    ? { code: 'firing', text: facts.alert === undefined ? firesAlone : `it fires: alert ${facts.alert}` }
    : (wrong ?? { code: 'waiting', text: waitingText(rule) });
  const { code, text } = verdict;
  const open = facts.alert === undefined ? {} : { alert: facts.alert };
  return { rule: rule.id, series: facts.key, code, text, checks, ...open };
}

function check(code: RuleVerdict, ok: boolean, text: string): RuleCheck {
  return { code, ok, text };
}

function metricCheck({ metric }: Rule, { name }: SeriesFacts): RuleCheck {
  const ok = matchesWildcard(metric, name);
  return check('metric_differs', ok, `it looks at ${metric}, the series is of ${name}`);
}

function labelChecks({ match }: Rule, { source, labels }: SeriesFacts): RuleCheck[] {
  return Object.entries(match).map(([name, wanted]) => {
    const has = name === 'source' ? source : Object.hasOwn(labels, name) ? labels[name]! : '';
    return check('labels_differ', matchesWildcard(wanted, has), `it wants ${name} to be "${wanted}", it is "${has}"`);
  });
}

function sampleCheck({ last }: SeriesFacts): RuleCheck {
  if (last === undefined) return check('no_sample', false, 'no sample has come since the engine started');
  return check('no_sample', true, `the last sample was ${last.value}, at ${iso(last.at)}`);
}

/** A plain fact of the operator: a series at rest is one for which no condition holds. */
function conditionCheck(rule: ConditionRule, { last, state }: SeriesFacts): RuleCheck {
  const wanted = levelsOf(rule).map(({ when }) => formatComparison(when));
  const plain = rule.window === undefined && rule.nOf === undefined;
  const is = plain && last !== undefined ? `, it is ${last.value}` : '';
  const ok = state !== undefined && state.phase !== 'watching';
  return check('condition_false', ok, `${subjectOf(rule)} has to be ${wanted.join(' or ')}${is}`);
}

function subjectOf({ window, nOf }: Pick<Rule, 'window' | 'nOf'>): string {
  const what = window === undefined ? 'the value' : `${window.fn} over ${formatDuration(window.overMs)}`;
  return nOf === undefined ? what : `in ${nOf[0]} of the last ${nOf[1]} samples, ${what}`;
}

function stateChecks({ forMs, cooldownMs }: Rule, { state }: SeriesFacts): RuleCheck[] {
  const until = state?.due === undefined ? '' : `, until ${iso(state.due)}`;
  if (state?.phase === 'pending') {
    const text = `it has to hold for ${formatDuration(forMs)}, and does since ${iso(state.since)}${until}`;
    return [check('pending', false, text)];
  }
  if (state?.phase === 'cooling') {
    return [check('cooldown', false, `the cooldown of ${formatDuration(cooldownMs)} runs${until}`)];
  }
  return state?.phase === 'watching' ? [check('watching', false, `it waits for data to cease${until}`)] : [];
}

function phaseFires(state: RuleState | undefined): boolean {
  return state !== undefined && ['firing', 'rising', 'clearing'].includes(state.phase);
}

const firesAlone =
  'it fires, but no alert is open: after one that a person resolved, the next opens when the value has cleared and fires again';

function waitingText(rule: Rule): string {
  return isAbsenceRule(rule)
    ? `the source is not absent for ${formatDuration(rule.absentMs)} yet`
    : 'it waits for its next sample';
}
