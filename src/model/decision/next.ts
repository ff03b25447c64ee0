import type { AlertRecord } from '../alert.js';
import type { AlertEventType, StoredEvent } from '../event.js';
import type { Decision, DecisionContext, Reservation } from './decision.js';
import type { LifecycleAnswer } from './input.js';

export interface Step {
  readonly type: AlertEventType;
  readonly reason: string;
  /** Fields that change; `undefined` removes one. */
  readonly changes: { readonly [K in keyof AlertRecord]?: AlertRecord[K] | undefined };
  /** Channels to notify. */
  readonly notify?: readonly string[];
  readonly extra?: Pick<StoredEvent, 'by' | 'onBehalfOf' | 'via' | 'marks'>;
  readonly reserve?: Reservation;
  readonly answer: LifecycleAnswer;
}

/** The decision to write the next transition of an existing record. */
export function step(record: AlertRecord, context: Pick<DecisionContext, 'now'>, next: Step): Decision {
  const { now } = context;
  const notify = next.notify ?? [];
  const notified = notify.length === 0 ? {} : notification(record, notify, now);
  const alert = withoutUndefined({ ...record, n: record.n + 1, updatedAt: now, ...notified, ...next.changes });
  return write(alert, now, next, notify);
}

/** The decision to write the first transition of a new record. */
export function firstStep(
  alert: AlertRecord,
  context: Pick<DecisionContext, 'now'>,
  next: Omit<Step, 'changes'>,
): Decision {
  const { now } = context;
  const notify = next.notify ?? [];
  return write(notify.length === 0 ? alert : { ...alert, ...notification(alert, notify, now) }, now, next, notify);
}

function write(alert: AlertRecord, now: number, next: Omit<Step, 'changes'>, notify: readonly string[]): Decision {
  const event: StoredEvent = {
    v: 1,
    type: next.type,
    time: now,
    reason: next.reason,
    ...next.extra,
    ...(notify.length === 0 ? {} : { notify }),
    alert,
  };
  return {
    kind: 'write',
    event,
    answer: next.answer,
    ...(next.reserve === undefined ? {} : { reserve: next.reserve }),
  };
}

function notification(record: AlertRecord, notify: readonly string[], now: number): Partial<AlertRecord> {
  return { lastNotifiedAt: now, notified: union(record.notified, notify) };
}

/** Everything of both, in order of first appearance. */
export function union(a: readonly string[], b: readonly string[]): readonly string[] {
  return b.every((item) => a.includes(item)) ? a : [...new Set([...a, ...b])];
}

/** The record with what changes. */
export function applied(record: AlertRecord, changes: Step['changes']): AlertRecord {
  return withoutUndefined({ ...record, ...changes });
}

/** An absent field and an undefined one must be the same thing in the log. */
function withoutUndefined(fields: { readonly [K in keyof AlertRecord]?: AlertRecord[K] | undefined }): AlertRecord {
  const kept: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(fields)) if (value !== undefined) kept[name] = value;
  return kept as unknown as AlertRecord;
}
