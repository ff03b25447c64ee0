import { filter, map, NEVER, startWith, withLatestFrom } from 'rxjs';
import { type Silence, silence } from '../../src/operators/silence.js';
import { naive, ours, study, thousand } from '../study/study.js';

interface Alert {
  readonly labels: Readonly<Record<string, string>>;
}

const alertCount = thousand;
const always = { startsAt: 0, endsAt: Infinity };

export const silenceStudy = study<Alert>({
  operator: 'silence',
  axis: 'silences',
  event: 'an alert that no silence matches, of 1,000; a silence has an exact matcher and a pattern',
  sizes: [10, 100, thousand, 10 * thousand],
  questions: ['event'],
  values: () =>
    Array.from({ length: alertCount }, (_, n) => ({
      labels: { service: `service-${n}`, host: `host-${n}`, severity: 'high' },
    })),
  outputs: { fresh: 1 },
  ways: [
    ours('silence', 'silence', ({ size, scheduler }) =>
      silence({ labels: ({ labels }: Alert) => labels, silences: silences(size), scheduler }),
    ),
    naive('withLatestFrom + loop over RegExp', ({ size, scheduler }) => {
      const set$ = NEVER.pipe(startWith(silences(size).map(compile)));
      return (alerts$) =>
        alerts$.pipe(
          withLatestFrom(set$),
          filter(([{ labels }, set]) => !set.some((each) => each.mutes(labels, scheduler.now()))),
          map(([alert]) => alert),
        );
    }),
  ],
});

/** The same services as the alerts are of, on other hosts. */
function silences(size: number): readonly Silence[] {
  return Array.from({ length: size }, (_, n) => ({
    ...always,
    id: `silence-${n}`,
    matchers: [
      { label: 'service', op: '=', value: `service-${n}` },
      { label: 'host', op: '=~', value: `db-(${n}|${n + 1})` },
    ],
  }));
}

function compile({ matchers, startsAt, endsAt }: Silence) {
  const tests = matchers.map(({ label, op, value }) => {
    const pattern = op === '=~' ? new RegExp(`^(?:${value})$`) : undefined;
    return (labels: Alert['labels']) => {
      const text = labels[label] ?? '';
      return pattern === undefined ? text === value : pattern.test(text);
    };
  });
  return {
    mutes: (labels: Alert['labels'], now: number) =>
      startsAt <= now && now < endsAt && tests.every((test) => test(labels)),
  };
}
