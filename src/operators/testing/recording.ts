import { type Observable, Subscription } from 'rxjs';

/** Everything that a subscription saw, in order. */
export class Recording<R> {
  readonly values: R[] = [];
  readonly subscription = new Subscription();
  error: unknown;
  private readonly notifications: string[] = [];

  /** `next`, `error` and `complete`, in the order in which they came. */
  log(): readonly string[] {
    return [...this.notifications];
  }

  see(notification: 'next' | 'error' | 'complete'): void {
    this.notifications.push(notification);
  }
}

/** Subscribes to `source$`; `onNext` runs inside `next`, after the value was noted. */
export function recorded<R>(
  source$: Observable<R>,
  onNext: (value: R, recording: Recording<R>) => void = () => {},
): Recording<R> {
  const recording = new Recording<R>();
  recording.subscription.add(
    source$.subscribe({
      next: (value) => {
        recording.values.push(value);
        recording.see('next');
        onNext(value, recording);
      },
      error: (error: unknown) => {
        recording.error = error;
        recording.see('error');
      },
      complete: () => recording.see('complete'),
    }),
  );
  return recording;
}

/** A broken rule: what was looked at, and both sides where there are two. */
export class CheckFailed extends Error {
  readonly actual: unknown;
  readonly expected: unknown;

  constructor(what: string, actual?: unknown, expected?: unknown) {
    super(
      actual === undefined && expected === undefined ? what : `${what}: ${shown(actual)}, expected ${shown(expected)}`,
    );
    this.name = 'CheckFailed';
    this.actual = actual;
    this.expected = expected;
  }
}

/** Whether two values are the same, or of one class and the same inside: dates, errors, maps and sets too. */
export function equal(one: unknown, other: unknown): boolean {
  if (Object.is(one, other)) return true;
  if (typeof one !== 'object' || typeof other !== 'object' || one === null || other === null) return false;
  if (Object.getPrototypeOf(one) !== Object.getPrototypeOf(other)) return false;
  const [inside, otherInside] = [insideOf(one), insideOf(other)];
  const keys = Object.keys(inside);
  if (keys.length !== Object.keys(otherInside).length) return false;
  return keys.every(
    (key) => Object.hasOwn(otherInside, key) && equal(Reflect.get(inside, key), Reflect.get(otherInside, key)),
  );
}

/** What a comparison looks at: these keep something that is no property of their own to be listed. */
function insideOf(value: object): object {
  if (value instanceof Date) return [value.getTime()];
  if (value instanceof Error) return { ...value, name: value.name, message: value.message };
  return value instanceof Map || value instanceof Set ? [...value] : value;
}

function shown(value: unknown): string {
  return JSON.stringify(value) ?? String(value);
}
