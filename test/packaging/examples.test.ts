import { expect, it } from 'vitest';
import { exampleErrors } from '../../scripts/operators/example-check.js';
import { readOperators } from '../../scripts/operators/source.js';

it('every example in a doc comment of the operators compiles', () => {
  expect(exampleErrors(readOperators())).toEqual([]);
}, 60_000);
