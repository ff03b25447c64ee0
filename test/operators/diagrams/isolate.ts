import { isolate } from '../../../src/operators/isolate.js';
import type { OperatorDiagram } from '../../../src/operators/testing/marbles.js';

export const diagrams: readonly OperatorDiagram[] = [
  {
    title: 'a value on which the projector throws goes to the side with its error, and the stream lives on',
    operator: ({ side }) => isolate(refuseB, { side }),
    source: 'a-b-c-|',
    output: 'a---c-|',
    side: '--f----',
    values: { f: { kind: 'failed', value: 'b', error: 'no' } },
  },
  {
    title: 'an error of the source is none of the projector, and ends the output',
    operator: ({ side }) => isolate(refuseB, { side }),
    source: 'a-b-#',
    output: 'a---#',
  },
];

function refuseB(value: string): string {
  if (value === 'b') throw 'no';
  return value;
}
