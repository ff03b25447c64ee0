import { type Observable, type OperatorFunction, Subject } from 'rxjs';
import { TestScheduler } from 'rxjs/testing';
import { CheckFailed, equal } from './recording.js';

/** What a diagram hands to the operator that it draws. */
export interface DiagramInputs {
  /** One more stream, drawn like the source. */
  readonly hot: <V>(marbles: string) => Observable<V>;
  /** To be given as `side`: what it hears is drawn as the diagram's `side`. */
  readonly side: Subject<unknown>;
}

/**
 * What an operator does, drawn: one character is one millisecond of virtual time, as in `TestScheduler.run`. Letters
 * stand for themselves and digits for numbers, unless `values` says otherwise.
 */
export interface OperatorDiagram {
  /** What can be seen here, as a sentence. */
  readonly title: string;
  /** Makes the operator. `asyncScheduler`, the default of all operators, runs in virtual time. */
  readonly operator: (inputs: DiagramInputs) => OperatorFunction<never, unknown>;
  readonly source: string;
  readonly output: string;
  /** What `side` hears. Default: it is not looked at. */
  readonly side?: string;
  /** What a character stands for, in all of the lines. */
  readonly values?: Readonly<Record<string, unknown>>;
  /** When the output is unsubscribed. */
  readonly unsubscribe?: string;
  /** When the source must be subscribed, and released. Default: it is not looked at. */
  readonly subscribed?: string;
}

/**
 * Runs a diagram in virtual time; throws when the operator does something else. Works with any test runner.
 *
 * @example
 * it('passes the first of each pair', () =>
 *   checkDiagram({
 *     title: 'one in five milliseconds',
 *     operator: () => rateLimit(() => 'all', { windows: [{ max: 1, perMs: 5 }] }),
 *     source: 'a-b-c-d|',
 *     output: 'a-----d|',
 *   }));
 */
export function checkDiagram(diagram: OperatorDiagram): void {
  const values = { ...themselves, ...diagram.values };
  const lines = new TestScheduler((actual, expected) => compareLine(diagram.title, actual, expected));
  lines.run(({ hot, expectObservable, expectSubscriptions }) => {
    const side = new Subject<unknown>();
    const source$ = hot<unknown>(diagram.source, values);
    const inputs: DiagramInputs = { hot: <V>(marbles: string) => hot<V>(marbles, values as Record<string, V>), side };
    const output$ = (source$ as unknown as Observable<never>).pipe(diagram.operator(inputs));
    if (diagram.side !== undefined) expectObservable(side).toBe(diagram.side, values);
    expectObservable(output$, diagram.unsubscribe).toBe(diagram.output, values);
    if (diagram.subscribed !== undefined) expectSubscriptions(source$.subscriptions).toBe(diagram.subscribed);
  });
}

const themselves: Readonly<Record<string, unknown>> = Object.fromEntries([
  ...[...'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ'].map((letter) => [letter, letter]),
  ...[...'0123456789'].map((digit) => [digit, Number(digit)]),
]);

function compareLine(title: string, actual: unknown, expected: unknown): void {
  const [seen, drawn] = [timeline(actual), timeline(expected)];
  if (!equal(seen, drawn)) throw new CheckFailed(title, seen, drawn);
}

/** Notifications as `[millisecond, kind, value]`; anything else, such as subscriptions, as it is. */
function timeline(line: unknown): unknown {
  if (!Array.isArray(line)) return line;
  return line.map((message) => ('notification' in message ? plain(message) : { ...message }));
}

interface TestMessage {
  readonly frame: number;
  readonly notification: { readonly kind: 'N' | 'E' | 'C'; readonly value?: unknown; readonly error?: unknown };
}

function plain({ frame, notification: { kind, value, error } }: TestMessage): readonly unknown[] {
  if (kind === 'N') return [frame, 'next', value];
  return kind === 'E' ? [frame, 'error', error] : [frame, 'complete'];
}
