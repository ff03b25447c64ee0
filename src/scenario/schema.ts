import { z } from 'zod';
import * as leaf from '../config/leaf.js';
import { parseSeriesName, parseValues } from './series.js';

/** The shape of a scenario file as people write it. */

const map = z.record(z.string(), z.unknown());
const line = (what: string) => leaf.text(what, 1_024);
const config = z.union([line('the name of a file'), map]);

const channelState = leaf.leaf<string | number>({
  code: 'CFG203',
  what: 'a state of a channel',
  allowed: 'up, down, hangs, unavailable, or an HTTP status from 200 to 599',
  test: (value) =>
    ['up', 'down', 'hangs', 'unavailable'].includes(String(value)) ||
    (Number.isInteger(value) && Number(value) >= 200 && Number(value) <= 599),
  json: { type: ['string', 'integer'] },
});

const seriesName = leaf.leaf({
  code: 'CFG210',
  what: 'a series',
  allowed: 'a metric, with its source and labels in braces: cpu.usage{source=web-1, zone=a}',
  test: (value) => typeof value === 'string' && parseSeriesName(value) !== undefined,
  json: { type: 'string' },
});

const values = leaf.leaf<string | number>({
  code: 'CFG210',
  what: 'the values of a series',
  allowed:
    'numbers with spaces between, such as "50 95x3 _ 10+5x4": 95x3 is 95 95 95, 10+5x4 is 10 15 20 25, _ is no value',
  test: (value) =>
    Number.isFinite(value) || (typeof value === 'string' && value !== '' && parseValues(value) !== undefined),
  json: { type: ['string', 'number'] },
});

/** One thing of a list: a line of text, or the fields that it must have. */
const item = z.union([line('a line of text'), map]);
const items = z.array(item);

const publish = z.strictObject({
  subject: leaf.subject,
  body: z.unknown().describe('A map, list or number is sent as JSON, a text as it is.'),
  headers: z.record(z.string(), z.string()).optional(),
});

const texts = z.array(z.string());

/** See `AlertQuery`. */
const query = z.strictObject({
  state: texts.optional(),
  severity: texts.optional(),
  minSeverity: z.string().optional(),
  category: texts.optional(),
  source: z.string().optional(),
  rule: texts.optional(),
  since: line('a time').optional().describe('Such as "@10m".'),
  sort: z.enum(['time', 'severity']).optional(),
  limit: z.int().min(1).optional(),
});

const expected = z.strictObject({
  alerts: items.optional().describe('All open alerts, in any order: a title, or fields of each.'),
  alert: z
    .record(z.string(), z.union([z.null(), map]))
    .optional()
    .describe('Fields of single alerts, open or not, by title, key or rule; null: there is none.'),
  notifications: z
    .record(leaf.channelName, z.union([z.int().min(0), items]))
    .optional()
    .describe('All since this was last looked at, by channel; a channel that is not named got none.'),
  events: items.optional().describe('All since this was last looked at: "type reason title", or fields of each.'),
  deliveries: items.optional().describe('As events, of deliveries: "channel type", or fields of each.'),
  list: z
    .strictObject({ where: query.optional(), alerts: items })
    .optional()
    .describe('What a query for alerts answers.'),
  dead: items.optional().describe('All dead letters, the newest first: "channel title", or fields of each.'),
  rules: items.optional().describe('The rules as they stand: an id, or fields of each.'),
  stats: map.optional().describe('Some of the figures.'),
  metrics: z.record(z.string(), z.number()).optional().describe('Some of the Prometheus metrics.'),
});

const step = z.strictObject({
  at: leaf.duration.optional().describe('Time since the beginning. Absent: when the step before ended.'),
  after: leaf.duration.optional().describe('Time since the step before.'),
  note: line('a note').optional().describe('Shown when the step fails.'),
  on: line('the name of an engine').optional().describe('Default: the first.'),
  channels: z
    .record(
      leaf.channelName,
      z.union([
        channelState,
        z.strictObject({
          state: channelState,
          retryAfter: leaf.positiveDuration.optional(),
          for: leaf.positiveDuration.optional(),
        }),
      ]),
    )
    .optional()
    .describe('How channels behave from now on.'),
  engine: z.enum(['stop', 'start', 'restart', 'reload']).optional(),
  config: config.optional().describe('For start, restart and reload: what changes, key by key.'),
  samples: z.record(seriesName, values).optional().describe('Series that begin now and go on beside the next steps.'),
  every: leaf.positiveDuration.optional().describe('Time between two values. Default 10s.'),
  publish: publish.optional().describe('A message on the bus; a request when an answer is expected.'),
  raise: map.optional().describe('An alert made elsewhere.'),
  command: line('the name of a command').optional(),
  alert: item.optional().describe('The alert that the command is for, by title, key, rule or fields.'),
  args: map.optional(),
  as: line('a name').optional().describe('Names the id in the answer: {{name}} stands for it.'),
  times: z.int().min(1).max(100_000).optional().describe('How often; {{i}} counts from 1.'),
  answer: z
    .union([z.array(z.unknown()), map])
    .optional()
    .describe('Fields of the answer, or of each of its items. Default: ok, without warnings.'),
  expect: expected.optional().describe('What must be so, once everything at this moment has happened.'),
});

const scenario = z.strictObject({
  title: line('a title'),
  config: config.optional().describe('Overrides that of the file, key by key.'),
  engines: z.record(line('the name of an engine'), config).optional().describe('Several engines, instead of config.'),
  problems: z.array(map).optional().describe('All that is wrong with the configuration. There are no steps then.'),
  steps: z.array(step).min(1).optional(),
});

export const scenarioFileSchema = z.strictObject({
  config: config.optional().describe('Of all scenarios: a file, or the same shape in place.'),
  env: z.record(z.string(), z.string()).optional().describe('Stands for environment variables and secrets.'),
  scenarios: z.array(scenario).min(1),
});

export type ScenarioFileInput = z.output<typeof scenarioFileSchema>;
export type ScenarioInput = z.output<typeof scenario>;
export type StepInput = z.output<typeof step>;
export type ExpectedInput = z.output<typeof expected>;
export type Item = z.output<typeof item>;
