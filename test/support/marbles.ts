import type { OperatorFunction } from 'rxjs';
import { TestScheduler } from 'rxjs/testing';
import { expect } from 'vitest';
import { checkDiagram, type OperatorDiagram } from '../../src/operators/testing/marbles.js';

/** Virtual time in which a character is a millisecond. */
export function testScheduler(): TestScheduler {
  return new TestScheduler((actual, expected) => expect(actual).toEqual(expected));
}

export type Diagram = Omit<OperatorDiagram, 'title' | 'operator' | 'side'>;

/** Proves that `operator` does what the diagram draws. */
export function expectDiagram(operator: OperatorFunction<never, unknown>, diagram: Diagram): void {
  checkDiagram({ title: 'diagram', operator: () => operator, ...diagram });
  expect(diagram.output).toBeDefined();
}
