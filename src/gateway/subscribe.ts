import { TocsinError } from '../model/errors.js';
import { subjectContains, subjectProblem } from '../model/subject.js';
import type { ClientMessage } from '../model/wire.js';
import { AlertSubscription } from './alert-subscription.js';
import { MetricsSubscription } from './metrics-subscription.js';
import { defaultMaxHz } from './pace.js';
import type { Services } from './services.js';
import { StatsSubscription } from './stats-subscription.js';
import type { Client, Subscription } from './subscription.js';

type Request = Extract<ClientMessage, { op: 'subscribe' }>;

/** What a subscription needs to know of the connection that it is made on. */
export interface SeriesBudget {
  /** Series that subscription `id` may cover. */
  room(id: number): number;
  outgrown(id: number, error: TocsinError): void;
}

/** Everything that can be asked for lies inside this; whatever else NATS carries is private. */
const publicSubjects = 'metrics.>';

/** Makes the subscription that `request` asks for. Throws an error of the gateway by code. */
export function subscribe(services: Services, client: Client, budget: SeriesBudget, request: Request): Subscription {
  const { ports, stats } = services;
  if (request.topic === 'metrics') return subscribeMetrics(services, client, budget, request);
  if (request.topic === 'stats') return new StatsSubscription(stats, ports.alerts.epoch, client, request.id);
  const { loop, log, counters, alerts: feed } = services;
  const { id, filter = {}, snapshot = true, from } = request;
  const deps = { port: ports.alerts, feed, loop, log, counters };
  return new AlertSubscription(deps, client, { id, filter, snapshot, ...(from === undefined ? {} : { from }) });
}

function subscribeMetrics(services: Services, client: Client, budget: SeriesBudget, request: Request): Subscription {
  const { id, subjects = [publicSubjects], filter = {}, maxHz = defaultMaxHz, snapshot = true } = request;
  checkSubjects(subjects, services.limits.maxSubjects);
  const deps = {
    hub: services.metrics,
    epoch: services.ports.alerts.epoch,
    room: (of: number) => budget.room(of),
    onOutgrown: (error: TocsinError) => budget.outgrown(id, error),
  };
  return new MetricsSubscription(deps, client, { id, subjects, filter, maxHz, snapshot });
}

function checkSubjects(subjects: readonly string[], max: number): void {
  if (subjects.length > max) {
    throw new TocsinError('too_many_subjects', `a subscription may name at most ${max} subject patterns`);
  }
  for (const subject of subjects) {
    const problem = subjectProblem(subject, { wildcards: true });
    if (problem !== undefined) throw new TocsinError('subject_invalid', `the subject ${problem}`, { value: subject });
    if (!subjectContains(publicSubjects, subject)) {
      const text = `only subjects inside ${publicSubjects} can be subscribed to`;
      throw new TocsinError('subject_forbidden', text, { field: 'subjects', value: subject });
    }
  }
}
