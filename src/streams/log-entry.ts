import { alertIdKeyHash, alertStates } from '../model/alert.js';
import type { Batch, DeliveryRecord, OutboxMessage, Told } from '../model/delivery.js';
import { alertEventTypes, type StoredEvent } from '../model/event.js';
import { severities } from '../model/severity.js';
import { type Silence, type SilenceMatcher, silenceOps } from '../model/silence.js';
import type { DeadLetter, LogEntry } from './ports.js';

/**
 * Anybody with the right to publish can write under our subjects, and a restart reads it all again: what is not whole
 * must be passed over, or one stray message would end the engine now and at every start to come.
 */

type Check = (value: unknown) => boolean;

const text: Check = (value) => typeof value === 'string';
const number: Check = (value) => Number.isFinite(value);
const oneOf =
  (allowed: readonly unknown[]): Check =>
  (value) =>
    allowed.includes(value);
const listOf =
  (item: Check): Check =>
  (value) =>
    Array.isArray(value) && value.every(item);
const mapOf =
  (item: Check): Check =>
  (value) =>
    isMap(value) && Object.values(value).every(item);
const optional =
  (check: Check): Check =>
  (value) =>
    value === undefined || check(value);

function shape<T>(fields: { readonly [K in keyof T]?: Check }): Check {
  const checks = Object.entries(fields) as [string, Check][];
  return (value) => isMap(value) && checks.every(([name, check]) => check(value[name]));
}

function isMap(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

const mark = shape<{ by: string; at: number }>({ by: text, at: number });
const level = shape<{ afterMs: number }>({ afterMs: number });

/** The fields that are relied on. */
const isRecord = shape<StoredEvent['alert']>({
  v: oneOf([1]),
  id: text,
  key: text,
  keyHash: text,
  n: number,
  rule: optional(text),
  series: optional(text),
  template: optional(text),
  title: text,
  message: text,
  severity: oneOf(severities),
  category: text,
  source: text,
  labels: mapOf(text),
  tags: listOf(text),
  data: isMap,
  state: oneOf(alertStates),
  startedAt: number,
  updatedAt: number,
  acknowledged: optional(mark),
  suppressed: optional(mark),
  resolved: optional(mark),
  admission: shape<StoredEvent['alert']['admission']>({ verdict: text, at: number }),
  channels: listOf(text),
  routes: optional(listOf(text)),
  notified: listOf(text),
  chain: optional(shape<{ levels: unknown; max: number }>({ levels: listOf(level), max: number })),
  escalation: shape<{ level: number }>({ level: number }),
  count: number,
  silencedBy: optional(listOf(text)),
  inhibitedBy: optional(listOf(text)),
});

const isEvent = shape<StoredEvent>({
  v: oneOf([1]),
  type: oneOf(alertEventTypes),
  time: number,
  reason: text,
  via: optional(text),
  notify: optional(listOf(text)),
  marks: optional(mapOf(number)),
  alert: isRecord,
});

const isDelivery = shape<DeliveryRecord>({
  v: oneOf([1]),
  alertId: text,
  transition: number,
  channel: text,
  status: oneOf(['pending', 'sending', 'delivered', 'failed', 'dead']),
  attempts: number,
  at: number,
});

const isBatch = shape<Batch>({
  group: mapOf(text),
  groupHash: text,
  order: number,
  reason: text,
  others: listOf(isEvent),
  untold: listOf(shape<Told>({ alertId: text, keyHash: text, transition: number })),
  counts: shape<Batch['counts']>({
    alerts: number,
    open: number,
    events: number,
    resolved: number,
    bySeverity: mapOf(number),
  }),
});

const isMessage = shape<OutboxMessage>({
  v: oneOf([1]),
  id: text,
  channel: text,
  at: number,
  event: isEvent,
  batch: optional(isBatch),
  resend: optional(shape<{ count: number; by: string }>({ count: number, by: text })),
});

const isLetter = shape<DeadLetter>({ message: isMessage, error: text, at: number });

/** The stored event that a body is, if it is one. */
export function asEvent(body: unknown): StoredEvent | undefined {
  return isEvent(body) ? (body as StoredEvent) : undefined;
}

const isSilence = shape<Silence>({
  v: oneOf([1]),
  id: text,
  matchers: listOf(shape<SilenceMatcher>({ name: text, op: oneOf(silenceOps), value: text })),
  startsAt: number,
  endsAt: number,
  by: text,
  comment: text,
  createdAt: number,
  endedBy: optional(text),
  via: optional(text),
  endedVia: optional(text),
  endedAt: optional(number),
});

/** The silence that a log entry holds, if it holds one. */
export function asSilence({ subject, body }: LogEntry): Silence | undefined {
  if (!isSilence(body)) return undefined;
  const silence = body as Silence;
  return subject === `silence.${silence.id}` && silence.matchers.length > 0 ? silence : undefined;
}

/** The transition that a log entry holds, if it holds one. */
export function asTransition({ subject, body }: LogEntry): StoredEvent | undefined {
  const event = subject.startsWith('alert.') ? asEvent(body) : undefined;
  if (event === undefined) return undefined;
  const { id, keyHash } = event.alert;
  return alertIdKeyHash(id) === keyHash && subject.split('.')[2] === keyHash ? event : undefined;
}

/** The change of a delivery that a log entry holds, if it holds one. */
export function asDelivery({ subject, body }: LogEntry): DeliveryRecord | undefined {
  if (!subject.startsWith('delivery.') || !isDelivery(body)) return undefined;
  const delivery = body as DeliveryRecord;
  return subject.split('.')[1] === alertIdKeyHash(delivery.alertId) ? delivery : undefined;
}

/** The notification that a message of the outbox holds, if it holds one. */
export function asOutboxMessage(body: unknown): OutboxMessage | undefined {
  return isMessage(body) ? (body as OutboxMessage) : undefined;
}

/** The dead letter that a message holds, if it holds one. */
export function asDeadLetter(body: unknown): DeadLetter | undefined {
  return isLetter(body) ? (body as DeadLetter) : undefined;
}

/** Resolved alerts that ended before a wall time were cleared away by somebody. */
export interface Clearing {
  readonly v: 1;
  readonly before: number;
  readonly at: number;
  readonly by: string;
}

export const clearingSubject = 'history.cleared';
const isClearing = shape<Clearing>({ v: oneOf([1]), before: number, at: number, by: text });

/** What a log entry says was cleared away, if it says so. */
export function asClearing({ subject, body }: LogEntry): Clearing | undefined {
  return subject === clearingSubject && isClearing(body) ? (body as Clearing) : undefined;
}
