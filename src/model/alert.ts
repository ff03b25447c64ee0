import type { EscalationChain, EscalationPosition } from './escalation.js';
import type { ChannelOverrides } from './override.js';
import type { Labels } from './series.js';
import type { Severity } from './severity.js';

export const alertStates = ['active', 'acknowledged', 'escalated', 'suppressed', 'resolved'] as const;
export type AlertState = (typeof alertStates)[number];

export function isCategory(value: unknown): value is string {
  return typeof value === 'string' && /^[a-z][a-z0-9_-]{0,63}$/.test(value);
}

/** `not_asked`: it was muted when it opened. */
export type AdmissionVerdict = 'admitted' | 'rate_limited' | 'duplicate' | 'not_asked';

/** What admission said when the alert was last asked about. Wall times, epoch milliseconds. */
export interface Admission {
  readonly verdict: AdmissionVerdict;
  readonly at: number;
  readonly rateKey?: string;
  readonly dedupeKey?: string;
  /** When the rate key has room again, for `rate_limited`. */
  readonly retryAt?: number;
  /** The alert whose copy this is, for `duplicate`. */
  readonly duplicateOf?: string;
}

export interface PersonMark {
  readonly by: string;
  readonly at: number;
  /** When the mark ends by itself. */
  readonly until?: number;
  readonly note?: string;
  /** The name that was given when authentication knew better. */
  readonly onBehalfOf?: string;
}

/** What an alert says. */
export interface AlertContent {
  readonly title: string;
  readonly message: string;
  readonly severity: Severity;
  readonly category: string;
  readonly source: string;
  readonly labels: Labels;
  readonly tags: readonly string[];
  readonly data: Readonly<Record<string, unknown>>;
}

/**
 * The whole state of one alert after one transition: what the event log stores and what a restart reads.
 * Immutable; it holds no deliveries. Times are wall clock, epoch milliseconds.
 */
export interface AlertRecord extends AlertContent {
  readonly v: 1;
  readonly id: string;
  /** Identity of the thing that is wrong: at most one alert is open per key. */
  readonly key: string;
  /** First 16 hex digits of SHA-256 of `key`. */
  readonly keyHash: string;
  /** Transition number, 1 at the opening, never restarts for an id. */
  readonly n: number;
  /** The id that this key had before. */
  readonly previous?: string;
  readonly origin: 'rule' | 'outside' | 'system';
  readonly rule?: string;
  /** Identity of the series of a rule alert. */
  readonly series?: string;
  readonly metric?: string;
  /** When the rule fires, as text: `> 80`. */
  readonly condition?: string;
  readonly value?: number;
  /** Name of the template that made title and message. */
  readonly template?: string;
  /** Of a rule with levels, the one that holds; a ladder may have raised `severity` above it. */
  readonly level?: Severity;
  /** It fires for want of data: of a series that had some, or of a source that a rule waits for. */
  readonly missing?: 'no_data' | 'absent';

  readonly state: AlertState;
  readonly startedAt: number;
  readonly updatedAt: number;
  readonly acknowledged?: PersonMark;
  readonly suppressed?: PersonMark;
  readonly resolved?: PersonMark;

  readonly admission: Admission;
  /** Channels routed so far. */
  readonly channels: readonly string[];
  /** Ids of the routes that matched when it was routed last; empty: the default channels serve it. */
  readonly routes?: readonly string[];
  /** The rule named its channels itself: routes add none. */
  readonly ownChannels?: true;
  /** What its rule, routes and steps change of these channels. */
  readonly overrides?: ChannelOverrides;
  /** Every channel that was sent a notification of this alert; `resolved` goes to all of them. */
  readonly notified: readonly string[];
  readonly chain?: EscalationChain;
  readonly escalation: EscalationPosition;
  readonly lastNotifiedAt?: number;
  /** Notify again after this long while open and not acknowledged. */
  readonly repeatMs?: number;
  readonly cooldownUntil?: number;
  /** How often it was raised while open, the first time included. */
  readonly count: number;
  /** Outside alerts: resolved by itself when not raised again for this long. */
  readonly resolveAfterMs?: number;
  readonly expiresAt?: number;
  readonly silencedBy?: readonly string[];
  readonly inhibitedBy?: readonly string[];
}

/** `<opening time in ms, base 36, 9 digits>-<keyHash>`: sorts by time, unique per key. */
export function alertId(openedAt: number, keyHash: string): string {
  return `${Math.floor(openedAt).toString(36).padStart(9, '0')}-${keyHash}`;
}

export function isAlertId(text: string): boolean {
  return /^[0-9a-z]{9}-[0-9a-f]{16}$/.test(text);
}

/** Opening time that an id carries. */
export function alertIdTime(id: string): number {
  return Number.parseInt(id.slice(0, 9), 36);
}

export function alertIdKeyHash(id: string): string {
  return id.slice(10);
}

export function isOpen(record: Pick<AlertRecord, 'state'>): boolean {
  return record.state !== 'resolved';
}

/** Identity of a rule alert. */
export function ruleAlertKey(rule: string, seriesKey: string): string {
  return `rule:${rule}:${seriesKey}`;
}

/** Longest texts that a record keeps; longer ones are cut at a character, with a mark. */
export const alertCaps = {
  titleChars: 256,
  messageBytes: 8 * 1024,
  dataBytes: 16 * 1024,
  labels: 64,
  labelChars: 256,
} as const;
