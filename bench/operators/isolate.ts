import { catchError, defer, EMPTY, mergeMap, of } from 'rxjs';
import { isolate } from '../../src/operators/isolate.js';
import { naive, ours, type Study, study, thousand } from '../study/study.js';

const side = { next: () => {} };

export const isolateStudy = passing('values', 'isolate', Infinity);
export const isolateThrowing = passing('values, 1 in 100 throws', 'isolate-throws', 100);

function passing(axis: string, id: string, throwsEach: number): Study {
  const project = (value: number) => {
    if (value % throwsEach === 1) throw new RangeError('no');
    return value;
  };
  return study<number>({
    operator: 'isolate',
    axis,
    event: 'a value that is projected',
    sizes: [thousand],
    questions: ['event'],
    values: (size) => Array.from({ length: size }, (_, n) => n + 2),
    ways: [
      ours('isolate', id, () => isolate(project, { side })),
      naive('mergeMap + defer + catchError', () =>
        mergeMap((value) => defer(() => of(project(value))).pipe(catchError(() => EMPTY))),
      ),
    ],
  });
}
