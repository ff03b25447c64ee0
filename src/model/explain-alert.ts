import type { AlertRecord, PersonMark } from './alert.js';
import { isOpen } from './alert.js';
import { repeatDueAt, waitsForRoom } from './decision/index.js';
import type { DeliveryRecord } from './delivery.js';
import type { StoredEvent } from './event.js';
import { iso } from './time-text.js';

/** One decision: what was decided, why, and when. */
export interface Reason {
  /** Wall time, epoch milliseconds. */
  readonly at: number;
  readonly step: 'cause' | 'silence' | 'inhibit' | 'rate' | 'dedupe' | 'route' | 'escalation' | 'notify' | 'delivery';
  /** Stable word. */
  readonly code: string;
  /** The same as a sentence. */
  readonly text: string;
  readonly by?: string;
  readonly channel?: string;
}

export interface AlertExplanation {
  readonly id: string;
  readonly title: string;
  readonly severity: AlertRecord['severity'];
  readonly state: AlertRecord['state'];
  /** In order of time. */
  readonly decisions: readonly Reason[];
  /** What it waits for, soonest first. */
  readonly next: readonly NextStep[];
}

/** What will happen by itself. */
export interface NextStep {
  readonly at: number;
  readonly code: 'escalate' | 'acknowledgement_over' | 'suppression_over' | 'repeat' | 'expire' | 'rate_room';
  readonly text: string;
}

/** Everything that was decided about one alert, in order of time. */
export function explainAlert(events: readonly StoredEvent[], deliveries: readonly DeliveryRecord[]): Reason[] {
  const decided = events.flatMap((event) => [
    ...(event.type === 'opened' ? opening(event) : [change(event)]),
    told(event),
  ]);
  const sent = deliveries.filter(
    ({ status, error }) => status !== 'sending' && (status !== 'pending' || error !== undefined),
  );
  return [...decided.flatMap((reason) => reason ?? []), ...sent.map(delivery)].sort((a, b) => a.at - b.at);
}

/** What the alert waits for, soonest first. */
export function nextSteps(record: AlertRecord): NextStep[] {
  if (!isOpen(record)) return [];
  const { escalation, acknowledged, suppressed, expiresAt, admission, chain } = record;
  const rung = `level ${escalation.level + 1} of ${chain?.max ?? 0} of escalation ${chain?.id ?? ''}`;
  const candidates: readonly (readonly [NextStep['code'], number | undefined, string])[] = [
    ['escalate', escalation.nextAt, `${rung}, unless somebody acknowledges`],
    ['acknowledgement_over', acknowledged?.until, 'the acknowledgement ends'],
    ['suppression_over', suppressed?.until, 'the mute ends'],
    ['repeat', repeatDueAt(record), 'notified again'],
    ['expire', expiresAt, 'resolved, if it is not raised again'],
    ['rate_room', waitsForRoom(record) ? admission.retryAt : undefined, 'notified, if its rate key has room by then'],
  ];
  const steps = candidates.flatMap(([code, at, text]) => (at === undefined ? [] : [{ code, at, text }]));
  return steps.sort((a, b) => a.at - b.at);
}

/** The one decision at an opening, in its order. */
function opening({ time, alert, reason, by }: StoredEvent): Reason[] {
  const at = { at: time };
  return [
    {
      ...at,
      step: 'cause',
      code: causeCode(alert, reason),
      text: causeText(alert),
      ...(by === undefined ? {} : { by }),
    },
    ...muted(alert, time),
    ...(isMuted(alert) || alert.origin === 'system' ? [] : admission(alert, time)),
    { ...at, step: 'route', ...routed(alert) },
    ...(alert.chain === undefined ? [] : [ladder(alert, time)]),
  ];
}

function causeCode({ origin, missing }: AlertRecord, reason: string): string {
  if (origin === 'rule') return missing ?? 'rule_fired';
  if (origin === 'system') return reason;
  return reason === 'event' ? 'event' : 'raised';
}

function causeText({ origin, rule, metric, source, condition, value, missing, category, key }: AlertRecord): string {
  if (origin === 'rule') {
    const fact = value === undefined ? '' : ` is ${value}`;
    return `rule ${rule} fired: ${metric}${source === '' ? '' : ` of ${source}`}${fact} (${missing ?? 'condition'}: ${condition})`;
  }
  return origin === 'system' ? 'the engine tells what it held back' : `raised from outside as ${category}, key ${key}`;
}

function isMuted({ silencedBy, inhibitedBy }: AlertRecord): boolean {
  return silencedBy !== undefined || inhibitedBy !== undefined;
}

function muted({ silencedBy = [], inhibitedBy = [] }: AlertRecord, at: number): Reason[] {
  return [
    ...silencedBy.map((id): Reason => ({ at, step: 'silence', code: 'silenced', text: `silence ${id} matches` })),
    ...inhibitedBy.map((id): Reason => ({ at, step: 'inhibit', code: 'inhibited', text: `alert ${id} inhibits it` })),
  ];
}

/** First the rate, then the content: a limited alert was not compared with others. */
function admission({ admission: said }: AlertRecord, at: number): Reason[] {
  const { verdict, rateKey = '', dedupeKey, retryAt, duplicateOf } = said;
  if (verdict === 'rate_limited') {
    const until = retryAt === undefined ? '' : ` until ${iso(retryAt)}`;
    return [{ at, step: 'rate', code: verdict, text: `rate key "${rateKey}" had no room${until}` }];
  }
  const rate: Reason = { at, step: 'rate', code: 'admitted', text: `rate key "${rateKey}" had room` };
  if (dedupeKey === undefined) return [rate];
  if (verdict === 'admitted')
    return [rate, { at, step: 'dedupe', code: 'admitted', text: 'no copy within the window' }];
  return [{ at, step: 'dedupe', code: 'duplicate', text: `the same content as alert ${duplicateOf ?? 'one before'}` }];
}

function routed({ ownChannels, routes = [], channels, origin }: AlertRecord): Pick<Reason, 'code' | 'text'> {
  const to = channels.length === 0 ? 'no channel' : channels.join(', ');
  if (ownChannels) return { code: 'rule_channels', text: `its rule names its channels: ${to}` };
  if (origin === 'system') return { code: 'held_back_channels', text: `the channels held back: ${to}` };
  if (routes.length === 0) return { code: 'default_channels', text: `no route matches; default channels: ${to}` };
  return { code: 'routed', text: `${routes.length === 1 ? 'route' : 'routes'} ${routes.join(', ')}: ${to}` };
}

function ladder({ chain, escalation }: AlertRecord, at: number): Reason {
  const { nextAt } = escalation;
  if (nextAt === undefined) {
    return {
      at,
      step: 'escalation',
      code: 'not_started',
      text: `escalation ${chain!.id} waits for the first notification`,
    };
  }
  const text = `escalation ${chain!.id}: level 1 of ${chain!.max} at ${iso(nextAt)}`;
  return { at, step: 'escalation', code: 'started', text };
}

/** Who is told of a transition. */
function told({ time: at, type, notify = [] }: StoredEvent): Reason | undefined {
  if (notify.length > 0) return { at, step: 'notify', code: 'notified', text: `told: ${notify.join(', ')}` };
  return type === 'opened' ? { at, step: 'notify', code: 'not_notified', text: 'nobody is told' } : undefined;
}

/** A later transition. */
function change({ time, type, reason, by, alert }: StoredEvent): Reason {
  const says = sayings[type];
  const text = says === undefined ? `${type}: ${reason}` : says(alert, reason);
  const step = type === 'escalated' ? 'escalation' : stepOf(reason);
  return { at: time, step, code: reason, text, ...(by === undefined ? {} : { by }) };
}

function stepOf(reason: string): Reason['step'] {
  if (reason === 'rate_limited' || reason === 'rate_room') return 'rate';
  return reason === 'duplicate' || reason === 'copies' ? 'dedupe' : 'cause';
}

const sayings: Partial<Record<StoredEvent['type'], (alert: AlertRecord, reason: string) => string>> = {
  updated: ({ severity, count }, reason) =>
    reason.startsWith('severity_') ? `severity is now ${severity}` : `raised again, ${count} times so far`,
  duplicate: ({ count }) => `a copy within the window, ${count} so far`,
  rate_limited: ({ admission: { rateKey = '' } }) => `a notification was held back: rate key "${rateKey}" had no room`,
  acknowledged: ({ acknowledged }) => `acknowledged${marked(acknowledged)}`,
  unacknowledged: (_, reason) =>
    reason === 'acknowledgement_over' ? 'the acknowledgement ended' : 'no longer acknowledged',
  suppressed: ({ suppressed }) => `muted${marked(suppressed)}`,
  unsuppressed: (_, reason) => (reason === 'suppression_over' ? 'the mute ended' : 'no longer muted'),
  escalated: ({ escalation, chain, severity }) =>
    `nobody acknowledged: level ${escalation.level} of ${chain?.max ?? escalation.level}, severity ${severity}`,
  silenced: ({ silencedBy = [] }) => `silence ${silencedBy.join(', ')} matches`,
  unsilenced: () => 'no silence matches any more',
  inhibited: ({ inhibitedBy = [] }) => `alert ${inhibitedBy.join(', ')} inhibits it`,
  uninhibited: () => 'nothing inhibits it any more',
  repeated: (_, reason) => (reason === 'rate_room' ? 'its rate key has room' : 'still open'),
  resolved: ({ resolved, value }, reason) =>
    `resolved: ${reason}${value === undefined ? '' : `, value ${value}`}${marked(resolved)}`,
};

function marked(mark: PersonMark | undefined): string {
  if (mark === undefined) return '';
  const until = mark.until === undefined ? '' : ` until ${iso(mark.until)}`;
  return ` by ${mark.by}${until}${mark.note === undefined ? '' : `: ${mark.note}`}`;
}

function delivery({ at, channel, status, attempts, error, ms }: DeliveryRecord): Reason {
  const why = error === undefined ? '' : `: ${error}`;
  const times = attempts === 1 ? '1 attempt' : `${attempts} attempts`;
  const texts: Partial<Record<DeliveryRecord['status'], string>> = {
    delivered: `${channel}: delivered${ms === undefined ? '' : ` in ${Math.round(ms)} ms`}, ${times}`,
    pending: `${channel}: waits to be tried again${why}`,
    failed: `${channel}: could not be tried${why}`,
    dead: `${channel}: given up after ${times}${why}`,
  };
  return { at, step: 'delivery', code: status, text: texts[status] ?? `${channel}: ${status}`, channel };
}
