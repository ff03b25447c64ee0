import { TocsinError } from '../model/errors.js';
import { subjectContains, subjectProblem } from '../model/subject.js';
import type { ClientMessage, Filter } from '../model/wire.js';
import { AlertSubscription } from './alert-subscription.js';
import { MetricsSubscription } from './metrics-subscription.js';
import { defaultMaxHz } from './pace.js';
import type { Services } from './services.js';
import { StatsSubscription } from './stats-subscription.js';
import type { Client, SeriesBudget, Subscription } from './subscription.js';

type Request = Extract<ClientMessage, { op: 'subscribe' }>;

/** Everything that can be asked for lies inside this; whatever else NATS carries is private. */
const publicSubjects = 'metrics.>';

const everything: Filter = {};

/** Makes the subscription that `request` asks for. Throws an error of the gateway by code. */
export function subscribe(services: Services, client: Client & SeriesBudget, request: Request): Subscription {
  if (request.topic === 'metrics') return subscribeMetrics(services, client, request);
  const { ports, loop, log, counters, alerts: feed, stats } = services;
  if (request.topic === 'stats') return new StatsSubscription(stats, ports.alerts.epoch, client, request.id);
  const { id, filter = everything, snapshot = true, from } = request;
  const deps = { port: ports.alerts, feed, loop, log, counters };
  return new AlertSubscription(deps, client, { id, filter, snapshot, ...(from === undefined ? {} : { from }) });
}

function subscribeMetrics(services: Services, client: Client & SeriesBudget, request: Request): Subscription {
  const { metrics, limits, ports } = services;
  const { id, subjects = [publicSubjects], filter = everything, maxHz = defaultMaxHz, snapshot = true } = request;
  checkSubjects(subjects, limits.maxSubjects);
  return new MetricsSubscription(metrics, client, ports.alerts.epoch, { id, subjects, filter, maxHz, snapshot });
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
