import { defined } from '../config/defined.js';
import type { AlertQuery } from '../model/query.js';
import type { EngineUnderTest } from './engine-under-test.js';
import { findAlert, knownAlerts } from './find-alert.js';
import { listDifference, type Shown } from './list-difference.js';
import { mismatches } from './match.js';
import type { ExpectedInput, Item } from './schema.js';
import { shownAlert, shownDeadLetter, shownDelivery, shownEvent, shownNotification, shownRule } from './show.js';

/** One expectation that was not met. */
export interface Mismatch {
  /** What was looked at: `notifications on hook`. */
  readonly what: string;
  /** How it differs. */
  readonly lines: readonly string[];
}

/** How far an engine's story was looked at. */
export class Looked {
  transitions = 0;
  deliveries = 0;
  received = 0;
  /** Somebody cares for what is notified: from then on nothing may come that nobody expects. */
  cares = false;
}

const maxDead = 1_000;

/** Compares an engine with all that is expected of it now. */
export async function verify(expected: ExpectedInput, engine: EngineUnderTest, looked: Looked): Promise<Mismatch[]> {
  const { alerts, alert, notifications, events, deliveries, list, dead, rules, stats, metrics } = expected;
  const isOpen = ({ state }: { readonly state: string }) => state !== 'resolved';
  const found: Mismatch[] = [];
  const add = (what: string, lines: readonly string[] | undefined) => {
    if (lines !== undefined && lines.length > 0) found.push({ what, lines });
  };
  const compare = (
    what: string,
    items: readonly Item[] | undefined,
    actual: () => readonly Shown[],
    anyOrder = false,
  ) => {
    if (items !== undefined) add(what, listDifference(items, actual(), { anyOrder }));
  };
  compare('open alerts', alerts, () => engine.alerts.filter(isOpen).map(shownAlert), true);
  for (const [name, fields] of Object.entries(alert ?? {})) add(`alert "${name}"`, ofAlert(name, fields, engine));
  if (notifications !== undefined) found.push(...ofNotifications(notifications, engine, looked));
  compare('events', events, () => newTransitions(engine, looked));
  compare('deliveries', deliveries, () => newDeliveries(engine, looked));
  compare('list of alerts', list?.alerts, () => engine.ports.alerts.query(queryOf(list?.where)).alerts.map(shownAlert));
  const letters = dead === undefined ? [] : await engine.ports.deliveries.dead(maxDead);
  compare('dead letters', dead, () => letters.map(shownDeadLetter));
  compare('rules', rules, () => engine.ports.rules().map(shownRule));
  if (stats !== undefined) add('stats', mismatches(stats, engine.engine.stats()));
  if (metrics !== undefined) add('metrics', mismatches(metrics, figuresOf(await engine.ports.health.metrics())));
  return found;
}

/** Nothing was notified that no step expected. */
export function verifyNothingMore(engine: EngineUnderTest, looked: Looked): Mismatch[] {
  return looked.cares ? ofNotifications({}, engine, looked) : [];
}

/** `@10m` has become epoch milliseconds already. */
function queryOf({ since, ...where }: NonNullable<ExpectedInput['list']>['where'] = {}): AlertQuery {
  return { ...defined(where), ...(since === undefined ? {} : { since: new Date(since).getTime() }) };
}

function ofAlert(name: string, fields: Readonly<Record<string, unknown>> | null, engine: EngineUnderTest): string[] {
  const alert = findAlert(engine.alerts, name);
  if (alert !== undefined) return mismatches(fields, alert);
  return fields === null ? [] : [`no alert has that title, key or rule; ${knownAlerts(engine.alerts)}`];
}

function newTransitions(engine: EngineUnderTest, looked: Looked): Shown[] {
  const since = engine.transitions.slice(looked.transitions);
  looked.transitions = engine.transitions.length;
  return since.map(shownEvent);
}

function newDeliveries(engine: EngineUnderTest, looked: Looked): Shown[] {
  const since = engine.deliveries.slice(looked.deliveries);
  looked.deliveries = engine.deliveries.length;
  return since.map(shownDelivery);
}

function ofNotifications(
  expected: NonNullable<ExpectedInput['notifications']>,
  engine: EngineUnderTest,
  looked: Looked,
): Mismatch[] {
  const since = engine.received.slice(looked.received);
  looked.received = engine.received.length;
  looked.cares = true;
  const channels = new Set([...Object.keys(expected), ...since.map(({ channel }) => channel)]);
  return [...channels].flatMap((channel) => {
    const came = since.filter((received) => received.channel === channel).map(shownNotification);
    const lines = engine.channels.has(channel) ? ofChannel(expected[channel] ?? [], came) : [noSuchChannel(engine)];
    return lines === undefined ? [] : [{ what: `notifications on ${channel}`, lines }];
  });
}

/** Otherwise a misspelt name that expects nothing would always be right. */
function noSuchChannel({ channels }: EngineUnderTest): string {
  return `the configuration has no channel of that name; it has ${[...channels.keys()].join(', ')}`;
}

function ofChannel(expected: number | readonly Item[], came: readonly Shown[]): readonly string[] | undefined {
  if (typeof expected !== 'number') return listDifference(expected, came);
  if (expected === came.length) return undefined;
  return [`expected ${expected}, ${came.length} came`, ...came.map(({ line }) => `  ${line}`)];
}

/** The figures of the Prometheus text format, by name with labels. */
function figuresOf(text: string): Readonly<Record<string, number>> {
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return Object.fromEntries(
    lines.map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.slice(line.lastIndexOf(' ') + 1))]),
  );
}
