import { type ConformanceSubject, checkDiagram, conformanceChecks } from 'tocsin-operators/testing';
import { describe, it } from 'vitest';
import { afterQuiet } from './after-quiet.js';

const subject: ConformanceSubject<number, number> = {
  create: (scheduler) => afterQuiet(10, scheduler),
  values: [1, 2, 3],
  emits: 'later',
};

describe('afterQuiet', () => {
  for (const { title, run } of conformanceChecks(subject)) it(title, run);

  it('passes the last of a burst', () =>
    checkDiagram({
      title: 'three milliseconds after the last',
      operator: () => afterQuiet(3),
      source: 'a-bc-----d|',
      output: '------c---(d|)',
    }));
});
