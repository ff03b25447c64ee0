import { describe, it } from 'node:test';
import { type ConformanceSubject, checkDiagram, conformanceChecks } from 'tocsin-operators/testing';
import { records } from './records.js';

const subject: ConformanceSubject<number, number> = {
  create: () => records((value) => value),
  values: [1, 2, 3],
  throwing: {
    read: (error, { onError }) =>
      records(
        (value) => {
          if (value === 2) throw error;
          return value;
        },
        { onError },
      ),
  },
};

describe('records', () => {
  for (const { title, run } of conformanceChecks(subject)) it(title, run);

  it('passes what is higher than any before', () =>
    checkDiagram({
      title: 'two of four',
      operator: () => records((value: number) => value),
      source: '1-3-2-3-|',
      output: '1-3-----|',
    }));
});
