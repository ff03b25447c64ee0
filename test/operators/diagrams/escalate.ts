import { identity, map, type Observable, type OperatorFunction, pipe } from 'rxjs';
import { type EscalateOptions, escalate, type LadderStep } from '../../../src/operators/escalate.js';
import type { OperatorDiagram } from '../../../src/operators/testing/marbles.js';

interface Told extends LadderStep {
  readonly tell: string;
}

/** The number of each step. */
function levels(options: EscalateOptions<string, string>): OperatorFunction<string, number> {
  return pipe(
    escalate(identity<string>, options),
    map(({ level }) => level),
  );
}

function forGood(keys: Observable<string>): Observable<{ readonly key: string }> {
  return keys.pipe(map((key) => ({ key })));
}

const ladder = { steps: [{ afterMs: 3 }, { afterMs: 5 }], max: 3 };

export const diagrams: readonly OperatorDiagram[] = [
  {
    title: 'each step counts from the one before; above the last one it repeats, up to `max`',
    operator: () => levels({ ladder: () => ({ steps: [{ afterMs: 3 }, { afterMs: 5 }], max: 3 }) }),
    source: 'a-------------',
    output: '---1----2----3',
  },
  {
    title: 'acknowledging stops the clock of a key, resuming lets it go on with the time that was left',
    operator: ({ hot }) => {
      const acknowledge = hot<string>('------a------------');
      const resume = hot<string>('     -----------a-------');
      return levels({ ladder: () => ladder, acknowledge: forGood(acknowledge), resume });
    },
    source: 'a------------------',
    output: '---1---------2----3',
  },
  {
    title: 'an acknowledgement may end by itself',
    operator: ({ hot }) => {
      const acknowledge = hot<string>('-a-------------');
      return levels({ ladder: () => ladder, acknowledge: acknowledge.pipe(map((key) => ({ key, until: 9 }))) });
    },
    source: 'a-------------',
    output: '-----------1----2----3',
  },
  {
    title: 'resolving ends the ladder of a key; others go on',
    operator: ({ hot }) => levels({ ladder: () => ladder, resolve: hot<string>('----a----') }),
    source: 'a-b----------',
    output: '---1-1----2----3',
  },
  {
    title: 'what is on a step is its owner’s own, and comes back with it',
    operator: () =>
      pipe(
        escalate<string, string, Told>(identity, {
          ladder: () => ({
            steps: [
              { afterMs: 2, tell: 'on-call' },
              { afterMs: 4, tell: 'manager' },
            ],
          }),
        }),
        map(({ step }) => step.tell),
      ),
    source: 'a-------',
    output: '--o---m-',
    values: { o: 'on-call', m: 'manager' },
  },
];
