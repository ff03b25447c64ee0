export const silenceOps = ['=', '!=', '^=', '~'] as const;
/** `=` is, `!=` is not, `^=` begins with, `~` matches as a whole. */
export type SilenceOp = (typeof silenceOps)[number];

/** One condition on one field or label of an alert; what an alert lacks is the empty text. */
export interface SilenceMatcher {
  readonly name: string;
  readonly op: SilenceOp;
  readonly value: string;
}

/** Keeps alerts quiet that meet all of its matchers, from `startsAt` until before `endsAt`: wall times, epoch milliseconds. */
export interface Silence {
  readonly v: 1;
  /** Sorts by the time at which it was made. */
  readonly id: string;
  readonly matchers: readonly SilenceMatcher[];
  readonly startsAt: number;
  readonly endsAt: number;
  readonly by: string;
  /** The name that was given when authentication knew better. */
  readonly onBehalfOf?: string;
  /** On which way it was asked for, with the address where there is one. */
  readonly via?: string;
  readonly comment: string;
  readonly createdAt: number;
  /** Who ended it before its time, and when. */
  readonly endedBy?: string;
  readonly endedVia?: string;
  readonly endedAt?: number;
}

export const silenceStates = ['pending', 'active', 'ended'] as const;
export type SilenceState = (typeof silenceStates)[number];

/** What people and programs see of a silence. */
export interface SilenceView extends Omit<Silence, 'v'> {
  readonly state: SilenceState;
}

/** When it is over, or was ended. */
export function silenceEnd({ endsAt, endedAt }: Silence): number {
  return Math.min(endsAt, endedAt ?? endsAt);
}
