import type { AdmissionVerdict, AlertRecord } from '../alert.js';
import type { TocsinError } from '../errors.js';
import type { EscalationChain } from '../escalation.js';
import type { StoredEvent } from '../event.js';
import type { MutableAlert, Muting } from '../muting.js';
import type { Routed, RoutedAlert } from '../routing.js';
import type { LifecycleAnswer } from './input.js';

/** What admission says when it is only asked. */
export interface AdmissionAnswer {
  readonly verdict: Exclude<AdmissionVerdict, 'not_asked'>;
  /** `rate_limited`: when there is room again. */
  readonly retryAt?: number;
  /** `duplicate`: the alert that was first. */
  readonly duplicateOf?: string;
}

/** A place in the rate and dedupe windows, taken when the decision is carried out. */
export interface Reservation {
  readonly rateKey: string;
  readonly dedupeKey?: string;
}

/** All that a decision may look at besides the record and the input. Nothing in it changes anything. */
export interface DecisionContext {
  /** Wall time, epoch milliseconds. */
  readonly now: number;
  readonly keyHash: string;
  /** Of an alert whose rule says nothing of it, or that has none. */
  readonly repeatMs?: number | undefined;
  /** How long its next rung has yet to wait, where a timer is armed for it. */
  leftMs?(record: AlertRecord): number | undefined;
  /** What keeps such an alert quiet now. */
  mutes(alert: MutableAlert): Muting;
  ask(reservation: Reservation): AdmissionAnswer;
  rateKey(alert: RoutedAlert & { readonly rule?: string }): string;
  /** `undefined`: deduplication is off. */
  dedupeKey(alert: RoutedAlert & { readonly message: string }): string | undefined;
  route(alert: RoutedAlert): Routed;
  chain(id: string): EscalationChain | undefined;
}

export type Decision =
  | {
      readonly kind: 'write';
      readonly event: StoredEvent;
      readonly reserve?: Reservation;
      readonly answer: LifecycleAnswer;
    }
  /** Nothing changes; the asker gets the answer. */
  | { readonly kind: 'keep'; readonly answer: LifecycleAnswer }
  | { readonly kind: 'refuse'; readonly error: TocsinError };

export function keep(status: string, extra: Omit<LifecycleAnswer, 'status'> = {}): Decision {
  return { kind: 'keep', answer: { status, ...extra } };
}
