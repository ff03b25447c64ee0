import { of, Subject } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { isolate } from '../../src/operators/isolate.js';
import type { FailedSide } from '../../src/operators/side.js';
import { conformanceChecks } from '../../src/operators/testing/conformance.js';
import { checkDiagram } from '../../src/operators/testing/marbles.js';
import { recorded } from '../../src/operators/testing/recording.js';
import { diagrams } from './diagrams/isolate.js';

const side = { next: () => {} };

describe('isolate', () => {
  for (const diagram of diagrams) it(diagram.title, () => checkDiagram(diagram));

  it('counts the values of the source, those that failed included', () => {
    const project = (value: string, index: number) => {
      if (value === 'b') throw new Error('no');
      return index;
    };
    expect(recorded(of('a', 'b', 'c').pipe(isolate(project, { side }))).values).toEqual([0, 2]);
  });

  it('loses no value: each is emitted or named on the side, with its error as it is', () => {
    const failed: FailedSide<number>[] = [];
    const error = new RangeError('odd');
    const project = (value: number) => {
      if (value % 2 === 1) throw error;
      return -value;
    };
    const next = (notice: FailedSide<number>) => void failed.push(notice);
    const { values } = recorded(of(2, 1, 4, 3).pipe(isolate(project, { side: { next } })));
    expect(values).toEqual([-2, -4]);
    expect(failed).toEqual([1, 3].map((value) => ({ kind: 'failed', value, error })));
  });

  it('errors when the side throws: there is nowhere else left to say it', () => {
    const error = new Error('of the side');
    const throws = () => {
      throw error;
    };
    const source$ = new Subject<number>();
    const recording = recorded(source$.pipe(isolate(throws, { side: { next: throws } })));
    source$.next(1);
    expect([recording.error, source$.observed]).toEqual([error, false]);
  });

  it.each<[string, unknown, unknown, string]>([
    ['a projector that is no function', 5, { side }, 'isolate.project must be a function, received 5'],
    ['no options', String, undefined, 'isolate must be an object, received undefined'],
    ['no side, for nothing may be lost silently', String, {}, 'isolate.side must be an object, received undefined'],
    ['a side that hears nothing', String, { side: {} }, 'isolate.side.next must be a function, received undefined'],
  ])('refuses %s when it is created', (_, project, options, message) => {
    expect(() => isolate(project as never, options as never)).toThrow(new TypeError(message));
  });
});

describe('isolate keeps the contract of an operator: it', () => {
  const checks = conformanceChecks({
    create: () => isolate((value: string) => value, { side }),
    values: ['a', 'b', 'c'],
  });
  for (const { title, run } of checks) it(title, run);
});
