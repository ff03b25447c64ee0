import type { OperatorFunction } from 'rxjs';
import { TestScheduler } from 'rxjs/testing';
import { expect } from 'vitest';

/** Virtual time in which a character is a millisecond. */
export function testScheduler(): TestScheduler {
  return new TestScheduler((actual, expected) => expect(actual).toEqual(expected));
}

export interface Diagram {
  readonly source: string;
  readonly output: string;
  /** When the source is subscribed, and when it must have been released. */
  readonly subscribed?: string;
  readonly unsubscribe?: string;
}

/** Proves that `operator` does what the diagram draws, a digit standing for a number. `asyncScheduler` runs in virtual time. */
export function expectDiagram(operator: OperatorFunction<string, unknown>, diagram: Diagram): void {
  testScheduler().run(({ hot, expectObservable, expectSubscriptions }) => {
    const source$ = hot(diagram.source);
    expectObservable(source$.pipe(operator), diagram.unsubscribe).toBe(diagram.output, numbers);
    if (diagram.subscribed !== undefined) expectSubscriptions(source$.subscriptions).toBe(diagram.subscribed);
  });
}

const letters = Object.fromEntries([...'abcdefghijklmnopqrstuvwxyz'].map((letter) => [letter, letter]));
const digits = Object.fromEntries([...'0123456789'].map((digit) => [digit, Number(digit)]));
const numbers = { ...letters, ...digits };
