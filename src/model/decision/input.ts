import type { AlertContent, AlertRecord } from '../alert.js';
import type { Marks } from '../event.js';
import type { Raise, RaiseWarning } from '../raise.js';
import type { Rule } from '../rule.js';
import type { Series } from '../series.js';
import type { Severity } from '../severity.js';

/** Everything that can move an alert. Each input concerns exactly one key. */
export type LifecycleInput =
  | FiringInput
  | ClearedInput
  | RaiseInput
  | CommandInput
  | TimerInput
  | CountInput
  | MuteInput
  | SummaryInput
  | NoticeInput;

/** A rule's condition holds for a series, or now holds at another of its levels. */
export interface FiringInput {
  readonly kind: 'firing';
  readonly key: string;
  readonly rule: Rule;
  /** Of the rule, or of the level that holds. */
  readonly severity: Severity;
  /** Of a rule with levels, the one that holds. */
  readonly level?: Severity;
  /** The severity before, when only the level changed. */
  readonly from?: Severity;
  /** What holds, as text: `> 80`. */
  readonly condition: string;
  /** Why it fires. Default `rule_fired`. */
  readonly reason?: 'no_data' | 'absent';
  /** Some of what the window should hold could not be heard. */
  readonly partial?: true;
  /** Default: rule, metric, condition, value and severity. */
  readonly message?: string;
  readonly series: Pick<Series, 'key' | 'name' | 'source' | 'labels' | 'unit'>;
  readonly value?: number;
  readonly marks?: Marks;
}

/** A rule's condition no longer holds, or the rule is gone. */
export interface ClearedInput {
  readonly kind: 'cleared';
  readonly key: string;
  readonly value?: number;
  readonly reason: string;
  readonly marks?: Marks;
}

export interface RaiseInput {
  readonly kind: 'raise';
  readonly key: string;
  readonly raise: Raise;
  readonly by?: string;
  readonly via?: string;
  readonly marks?: Marks;
}

export type PersonCommand = 'acknowledge' | 'unacknowledge' | 'suppress' | 'unsuppress' | 'resolve';

export interface CommandInput {
  readonly kind: 'command';
  readonly key: string;
  readonly id: string;
  readonly name: PersonCommand;
  readonly by: string;
  readonly onBehalfOf?: string;
  readonly via?: string;
  readonly until?: number;
  readonly note?: string;
}

export type TimerName = 'escalate' | 'acknowledgement_over' | 'suppression_over' | 'repeat' | 'expire' | 'rate_room';

export interface TimerInput {
  readonly kind: 'timer';
  readonly key: string;
  readonly id: string;
  readonly timer: TimerName;
  /** `escalate`: the rung that is due. */
  readonly level?: number;
  /** The deadline that it was armed for: it is over, whatever the wall clock says by now. */
  readonly dueAt?: number;
}

/** What mutes an alert may have changed: look again. */
export interface MuteInput {
  readonly kind: 'mute';
  readonly key: string;
  readonly id: string;
}

/** Copies that were refused and only add to the count. */
export interface CountInput {
  readonly kind: 'count';
  readonly key: string;
  readonly id: string;
  readonly copies: number;
  /** What the newest of them says. */
  readonly says?: Omit<AlertContent, 'severity' | 'category'> & Pick<AlertRecord, 'resolveAfterMs' | 'expiresAt'>;
}

/** A rate key has room again: tells once what was held back. */
export interface SummaryInput {
  readonly kind: 'summary';
  readonly key: string;
  readonly rateKey: string;
  readonly trippedAt: number;
  readonly bySeverity: Readonly<Partial<Record<Severity, number>>>;
  readonly topSources: readonly (readonly [source: string, count: number])[];
  readonly channels: readonly string[];
}

/** Something that the engine has to say of itself, once for each key. */
export interface NoticeInput {
  readonly kind: 'notice';
  readonly key: string;
  readonly reason: string;
  readonly title: string;
  readonly message: string;
  readonly severity: Severity;
}

/** What the one who asked is told. */
export interface LifecycleAnswer {
  readonly id?: string;
  readonly status: string;
  readonly reason?: string;
  readonly warnings?: readonly RaiseWarning[];
}
