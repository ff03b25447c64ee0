import { z } from 'zod';
import { noDataPolicies, windowFunctions } from '../model/rule.js';
import { severities } from '../model/severity.js';
import * as leaf from './leaf.js';

/**
 * The shape of a configuration as people write it: durations and sizes as text, nothing resolved, everything optional
 * that has a default. What is read, what editors complete and the type of the object form all come from here.
 */

const presetNames = ['cpu', 'memory', 'disk', 'error-rate', 'latency', 'heartbeat'] as const;

const severity = z.enum(severities);
const labels = z.record(leaf.text('a label name', 64), leaf.labelText);
const id = leaf.text('an id', 128);
const path = leaf.text('a file path', 4_096);
const countTo = (most: number) => z.int().min(1).max(most);
const count = countTo(1_000_000_000);
/** What one map of the engine can hold. */
const keyCount = countTo(2 ** 24);

const headers = z.record(leaf.headerName, leaf.headerValue);

const channelItem = z.union([
  leaf.text('the name of a channel', 64),
  z.strictObject({
    name: leaf.channelName,
    enabled: z.boolean().optional(),
    headers: headers.optional().describe('Of a webhook: added to its own. Stored with the alert, so no credentials.'),
    timeout: leaf.shortDuration.optional().describe('Of a webhook: at most its own.'),
  }),
]);
const channelItems = z.array(channelItem).min(1);

const nats = z.strictObject({
  url: z
    .union([leaf.natsUrl, z.array(leaf.natsUrl).min(1)])
    .optional()
    .describe('One server or several of a cluster. Absent: a private nats-server is started.'),
  user: leaf.text('a user name', 256).optional(),
  password: leaf.secretText.optional(),
  token: leaf.secretText.optional(),
  credsFile: path.optional(),
  nkeySeedFile: path.optional(),
  tls: z.strictObject({ caFile: path.optional(), certFile: path.optional(), keyFile: path.optional() }).optional(),
  inProcess: z.boolean().optional().describe('No server at all: one process, nothing is kept. Default false.'),
});

const metricsIngest = z.strictObject({
  subject: leaf.subject,
  codec: z
    .enum(['auto', 'json', 'msgpack'])
    .optional()
    .describe('Used when a message has no Content-Type. Default auto.'),
  tokens: z
    .array(leaf.token)
    .min(1)
    .optional()
    .describe('How the tokens of a subject fill missing fields. Default [_, source, name...].'),
});

const alertsIngest = z.strictObject({
  subject: leaf.subject,
  resolveAfter: leaf.positiveDuration.optional().describe('Resolved when not raised again for this long. Default 24h.'),
});

const ingest = z.strictObject({
  metrics: z.array(metricsIngest).optional(),
  alerts: z.array(alertsIngest).optional(),
  limits: z
    .strictObject({
      maxSeries: keyCount.optional(),
      maxPointsPerMessage: count.optional(),
      maxLabels: count.optional(),
    })
    .optional(),
});

/** Of how many samples a rule remembers whether they met it. */
const maxSamples = 32;

const level = z.strictObject({
  when: leaf.comparison.describe('Rises to this severity when this holds.'),
  clear: leaf.comparison.optional().describe('Leaves it when this holds. Default: when no longer holds.'),
});

const share = z.number().min(0).max(1);
const flap = z.strictObject({
  window: z.int().min(3).max(33).optional().describe('Samples that are looked at. Default 21.'),
  high: share.optional().describe('Share of changes at which flapping starts. Default 0.3.'),
  low: share.optional().describe('Share at which it ends. Default 0.25.'),
});

const rule = z.strictObject({
  id: id.describe('Unique.'),
  name: leaf.text('a name', 256).optional().describe('Default: the id.'),
  metric: leaf.text('a metric name', 256).describe('Exact, or with * wildcards.'),
  match: labels.optional().describe('Label values, exact or with * wildcards; the key source matches the source.'),
  when: leaf.comparison.optional().describe('Fires while this holds. This, levels, or absent.'),
  clear: leaf.comparison.optional().describe('Resolves when this holds. Default: when no longer holds.'),
  levels: z
    .partialRecord(severity, level)
    .optional()
    .describe('By severity; the alert has the gravest of which when holds, until its clear does.'),
  absent: leaf.positiveDuration.optional().describe('Fires for a source that is silent for so long. Instead of when.'),
  expect: z
    .array(leaf.text('the name of a source', 256))
    .optional()
    .describe('With absent: sources that must be there, seen or not.'),
  window: z
    .strictObject({ fn: z.enum(windowFunctions), over: leaf.positiveDuration })
    .optional()
    .describe('Compares this of the last values, once it is half full, instead of each value.'),
  nOf: z
    .tuple([countTo(maxSamples), countTo(maxSamples)])
    .optional()
    .describe('[n, m]: n of the last m samples must meet the condition.'),
  flap: flap.optional().describe('Says nothing while the condition goes to and fro.'),
  staleAfter: leaf.positiveDuration.optional().describe('So long the last value stands for missing ones. Default 5m.'),
  noData: z.enum(noDataPolicies).optional().describe('What then becomes of the alert. Default keep.'),
  for: leaf.duration.optional().describe('How long `when` must hold. Default 0s.'),
  keepFiringFor: leaf.duration.optional().describe('How long it stays open after it cleared. Default 0s.'),
  cooldown: leaf.duration.optional().describe('Shortest time between two alerts of a series. Default 0s.'),
  repeat: leaf.positiveDuration.optional().describe('Notify again this often while open and not acknowledged.'),
  severity: severity.optional().describe('Default medium.'),
  priority: severity.optional().describe('Another name of severity.'),
  category: leaf.category.optional().describe('Default performance.'),
  channels: channelItems.optional().describe('Default: the routes decide.'),
  escalation: leaf.text('the name of an escalation', 128).optional(),
  template: leaf
    .text('the name of a template', 128)
    .optional()
    .describe(
      'Makes title and message. Variables: rule name metric source value unit condition severity category, and labels.',
    ),
  labels: labels.optional().describe('Added to each alert.'),
  tags: z.array(leaf.labelText).optional(),
  enabled: z.boolean().optional(),
});

const route = z.strictObject({
  id: id.optional().describe('Default: the name, else route-1, route-2, ….'),
  name: leaf.text('a name', 256).optional(),
  enabled: z.boolean().optional(),
  minSeverity: severity.optional().describe('Default low.'),
  minPriority: severity.optional().describe('Another name of minSeverity.'),
  categories: z.array(leaf.category).optional().describe('Default: all.'),
  match: labels.optional().describe('Values of labels, source or tag, exact or with * wildcards.'),
  channels: channelItems.describe('"*" means every channel.'),
  escalation: leaf.text('the name of an escalation', 128).optional().describe('For alerts whose rule names none.'),
  stop: z.boolean().optional().describe('Later routes are not looked at. Default false.'),
});

const rateLimit = z.strictObject({
  key: leaf.rateKey.optional().describe('Default category.'),
  windows: z
    .array(z.strictObject({ max: countTo(10_000), per: leaf.shortDuration }))
    .min(1)
    .max(8)
    .optional(),
  cooldown: leaf.duration.optional().describe('How long a key stays limited once it tripped. 0s: none. Default 60s.'),
});

const dedupe = z.strictObject({
  window: leaf.duration.optional().describe('0s: off. Default 300s.'),
  key: z.array(leaf.dedupeKey).min(1).optional().describe('Default [title, message, category].'),
});

const group = z
  .strictObject({
    by: z.array(leaf.groupField).max(16).describe('What the alerts of a group have in common; []: one group of all.'),
    wait: leaf.duration.optional().describe('From the first of a new group to its message. Default 30s.'),
    interval: leaf.duration.optional().describe('Least time between two messages of a group. Default 5m.'),
    repeat: leaf.positiveDuration
      .optional()
      .describe('Notify again this often while open and not acknowledged, where a rule says nothing else.'),
    max: countTo(500).optional().describe('Notifications that one message tells; more are counted. Default 50.'),
  })
  .describe('Several notifications in one message. Absent: each is sent alone.');

const escalationLevel = z.strictObject({
  after: leaf.positiveDuration.describe('Counts from the level before; the first from the opening.'),
  channels: channelItems.optional().describe("Default: the alert's own."),
  severity: severity.optional().describe('Raises the alert to at least this.'),
  priority: severity.optional().describe('Another name of severity.'),
});

const escalation = z.strictObject({
  levels: z.array(escalationLevel).optional(),
  after: leaf.positiveDuration.optional().describe('Short form: the same step again and again.'),
  max: z.int().min(1).max(1_000).optional().describe('Default: the number of levels; 3 in the short form.'),
});

const template = z.strictObject({
  title: leaf.templateText.describe('With {name} placeholders; {{ and }} are plain braces.'),
  body: leaf.templateText.describe('The message, with {name} placeholders.'),
  category: leaf.category.optional().describe('Default: that of the alert.'),
  severity: severity.optional().describe('Default: that of the alert.'),
  status: z.enum(['firing', 'event']).optional().describe('event: happened once, is never open. Default firing.'),
  requires: z
    .array(leaf.variable)
    .optional()
    .describe('Variables that an alert should give: a missing one is warned about. Default: none.'),
});

/** What every channel takes. */
const anyChannel = {
  enabled: z.boolean().optional(),
  rate: z
    .strictObject({ max: countTo(10_000), per: leaf.shortDuration })
    .optional()
    .describe('Never more than so many in any such time; the others wait their turn.'),
  fallback: leaf.channelName.optional().describe('The channel that gets a copy of what this one does not take.'),
  fallbackAfter: leaf.positiveDuration
    .optional()
    .describe('How long a notification waits for a channel that is down before it is copied. Default 60s.'),
};
const channel = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('log'), ...anyChannel }),
  z.strictObject({ type: z.literal('console'), ...anyChannel }),
  z.strictObject({
    type: z.literal('webhook'),
    ...anyChannel,
    url: leaf.webhookUrl,
    secret: leaf.secretText.optional().describe('Signs each post (Standard Webhooks). Absent: not signed.'),
    headers: headers.optional(),
    timeout: leaf.shortDuration.optional().describe('Default: delivery.timeout.'),
  }),
]);

const delivery = z.strictObject({
  maxRetries: z.int().min(0).max(100).optional().describe('Default 3.'),
  backoff: z
    .strictObject({ initial: leaf.positiveDuration.optional(), max: leaf.positiveDuration.optional() })
    .optional()
    .describe('Default 1s to 30s.'),
  timeout: leaf.shortDuration.optional().describe('Of one attempt. Default 10s.'),
  maxAge: leaf.positiveDuration.optional().describe('Then it is given up. Default 24h.'),
});

/** Fields and labels of an alert, and what they must be. */
const inhibitSide = z.record(leaf.text('a label name', 64), leaf.labelText);
const inhibit = z.strictObject({
  id: id.optional().describe('Default: inhibit-1, inhibit-2, ….'),
  source: inhibitSide.describe('While such an alert is open …'),
  target: inhibitSide.describe('… such alerts are not notified.'),
  equal: z
    .array(leaf.text('a label name', 64))
    .optional()
    .describe('Fields and labels that both have in common. Default: none, so that any source mutes any target.'),
});

const history = z
  .strictObject({
    maxAge: leaf.positiveDuration.optional().describe('Default 24h.'),
    maxAlerts: count.optional().describe('Default 1000.'),
    maxBytes: leaf.size.optional().describe('Default 1GiB.'),
  })
  .describe('Of resolved alerts; open ones never expire.');

const gatewayLimits = z.strictObject({
  maxMessageBytes: leaf.size.optional(),
  maxSubscriptions: count.optional(),
  maxSeries: count.optional(),
  maxSubjects: count.optional(),
  commandsPerSecond: count.optional(),
  commandBurst: count.optional(),
  heartbeat: leaf.heartbeat.optional(),
  alertLaneBytes: leaf.size.optional(),
  alertLaneEvents: count.optional(),
  maxConnections: count.optional(),
  maxConnectionsPerAddress: count.optional(),
});

const gateway = z.strictObject({
  listen: leaf.listen.optional().describe('A loopback address. Default 127.0.0.1:8420.'),
  limits: gatewayLimits.optional().describe('What one client, and all together, may take.'),
});

export const configSchema = z.strictObject({
  prefix: leaf.prefix.optional().describe('Of subjects, streams and buckets. Default tocsin.'),
  nats: nats.optional(),
  ingest: ingest.optional(),
  rules: z.array(rule).optional(),
  presets: z.array(z.enum(presetNames)).optional().describe('Ready-made rules.'),
  routes: z.array(route).optional().describe('The channels of all matching routes are united.'),
  defaultChannels: channelItems.optional().describe('When no route matches. Default [log].'),
  rateLimit: rateLimit.optional(),
  dedupe: dedupe.optional(),
  group: group.optional(),
  escalations: z.record(leaf.text('the name of an escalation', 128), escalation).optional(),
  templates: z.record(leaf.text('the name of a template', 128), template).optional(),
  inhibit: z.array(inhibit).optional().describe('Open alerts that keep others quiet.'),
  delivery: delivery.optional(),
  channels: z.record(leaf.channelName, channel).optional().describe('log and console exist without being declared.'),
  history: history.optional(),
  gateway: gateway.optional(),
});

/** A configuration as an object: the same shape as the file. */
export type ConfigInput = z.input<typeof configSchema>;
export type RuleInput = z.input<typeof rule>;
export type InhibitInput = z.input<typeof inhibit>;
export type RouteInput = z.input<typeof route>;
export type EscalationInput = z.input<typeof escalation>;
export type TemplateInput = z.input<typeof template>;
export type ChannelInput = z.input<typeof channel>;
export type ChannelItem = z.input<typeof channelItem>;
export type PresetName = (typeof presetNames)[number];
