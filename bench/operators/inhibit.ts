import { filter, type MonoTypeOperatorFunction, Observable } from 'rxjs';
import { type InhibitRule, inhibit } from '../../src/operators/inhibit.js';
import { naive, ours, study, thousand } from '../study/study.js';

interface Alert {
  readonly id: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly open: boolean;
}

const ruleCount = 100;
const targetCount = thousand;

export const inhibitStudy = study<Alert>({
  operator: 'inhibit',
  axis: 'open sources',
  event: `an alert that is a target of one of ${ruleCount} rules, and that no open source mutes`,
  sizes: [10, 100, thousand, 10 * thousand],
  questions: ['event'],
  values: () => targets,
  outputs: { fresh: 1 },
  ways: [
    ours('inhibit', 'inhibit', ({ size, scheduler }) =>
      after(
        sources(size),
        inhibit(({ id }: Alert) => id, {
          rules,
          labels: ({ labels }) => labels,
          open: ({ open }) => open,
          maxKeys: 10 * thousand + targetCount,
          scheduler,
        }),
      ),
    ),
    naive('filter with a loop over rules and open sources', ({ size }) => after(sources(size), loop())),
  ],
});

const rules: readonly InhibitRule[] = Array.from({ length: ruleCount }, (_, n) => ({
  id: `rule-${n}`,
  source: [{ label: 'alert', op: '=', value: `down-${n}` }],
  target: [{ label: 'alert', op: '=', value: `slow-${n}` }],
  equal: ['cluster'],
}));

const targets: readonly Alert[] = Array.from({ length: targetCount }, (_, n) => ({
  id: `target-${n}`,
  labels: { alert: `slow-${n % ruleCount}`, cluster: `cluster-${n}` },
  open: true,
}));

/** In other clusters than the targets. */
function sources(size: number): readonly Alert[] {
  return Array.from({ length: size }, (_, n) => ({
    id: `source-${n}`,
    labels: { alert: `down-${n % ruleCount}`, cluster: `cluster-${n + targetCount}` },
    open: true,
  }));
}

/** Has seen these before the first value; what came of them is not told. */
function after(alerts: readonly Alert[], apply: MonoTypeOperatorFunction<Alert>): MonoTypeOperatorFunction<Alert> {
  return (source) =>
    new Observable<Alert>((subscriber) => {
      let opened = false;
      const all$ = new Observable<Alert>((inner) => {
        for (const alert of alerts) inner.next(alert);
        opened = true;
        return source.subscribe(inner);
      });
      return all$
        .pipe(
          apply,
          filter(() => opened),
        )
        .subscribe(subscriber);
    });
}

function loop(): MonoTypeOperatorFunction<Alert> {
  const open = new Map<string, Alert>();
  const isMuted = (rule: InhibitRule, { labels }: Alert) => {
    for (const source of open.values()) {
      if (holds(rule.source, source.labels) && rule.equal.every((name) => source.labels[name] === labels[name])) {
        return true;
      }
    }
    return false;
  };
  return filter((alert) => {
    if (rules.some((rule) => holds(rule.source, alert.labels))) open.set(alert.id, alert);
    return !rules.some((rule) => holds(rule.target, alert.labels) && isMuted(rule, alert));
  });
}

function holds(matchers: InhibitRule['source'], labels: Alert['labels']): boolean {
  return matchers.every(({ label, value }) => labels[label] === value);
}
