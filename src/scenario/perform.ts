import type { MetricsIngest } from '../config/index.js';
import type { Actor } from '../model/command.js';
import { subjectToken } from '../model/series.js';
import { type EngineUnderTest, patienceMs } from './engine-under-test.js';
import { findAlert, knownAlerts } from './find-alert.js';
import { mismatches } from './match.js';
import { resolveReferences } from './references.js';
import type { PlayedSeries, Step } from './scenario.js';
import type { SeriesName } from './series.js';

/** Ids that answers gave, by the name that a step gave to them. */
export type Names = Map<string, string>;

/** A warning says that something was not taken as it was given: most often a misspelt field. */
const usualAnswer = { ok: true, warnings: null };
const actor: Actor = { name: 'scenario', authenticated: false, via: 'scenario' };
const encoder = new TextEncoder();

/** Does what a step says. What is wrong with an answer comes back, a line each; what cannot be done throws. */
export async function perform(step: Step, engine: EngineUnderTest, names: Names): Promise<string[]> {
  for (const [name, script] of step.channels) configured(engine, name).follow(script);
  await turn(step, engine);
  for (const played of step.series) play(played, engine);
  await engine.time.rest();
  for (let i = 1; i <= step.times; i++) {
    const wrong = await act(step, engine, names, i);
    if (wrong.length > 0) return wrong;
  }
  await engine.time.rest();
  return [];
}

function configured(engine: EngineUnderTest, name: string) {
  const channel = engine.channels.get(name);
  if (channel !== undefined) return channel;
  throw new Error(`the configuration has no channel ${name}; it has ${[...engine.channels.keys()].join(', ')}`);
}

async function turn(step: Step, engine: EngineUnderTest): Promise<void> {
  if (step.engine === 'stop' || step.engine === 'restart') await engine.stop();
  if (step.engine === 'start' || step.engine === 'restart') await engine.start(step.config);
  if (step.engine === 'reload') engine.reload(step.config);
}

/** One value after the other, each at its time. */
function play({ series, values, everyMs }: PlayedSeries, engine: EngineUnderTest): void {
  const { scheduler } = engine.time;
  const next = (index: number) => {
    const value = values[index];
    if (value !== undefined) publishSample(series, value, engine);
    if (index + 1 < values.length) scheduler.schedule(() => next(index + 1), everyMs);
  };
  next(0);
}

/** On the first input subject of the configuration. The body says all, so that only labels of the subject come to it. */
function publishSample(series: SeriesName, value: number, { config, driver }: EngineUnderTest): void {
  const [ingest] = config.ingest.metrics;
  if (ingest === undefined) throw new Error('the configuration takes no samples: ingest.metrics is empty');
  const body = JSON.stringify({ ...series, value });
  driver.bus.publish(subjectOf(series, ingest), encoder.encode(body), { 'Content-Type': 'application/json' });
}

/** A subject that the pattern takes, with each token as it is meant. */
function subjectOf(series: SeriesName, { subject, tokens }: MetricsIngest): string {
  const parts = subject.split('.').flatMap((part, i) => {
    if (part === '*') return tokensOf(series, tokens[i]);
    if (part !== '>') return part;
    const rest = tokens.length > i ? tokens.slice(i) : ['_'];
    return rest.flatMap((meaning) => tokensOf(series, meaning));
  });
  return parts.join('.');
}

function tokensOf({ name, source, labels }: SeriesName, meaning = '_'): string[] {
  if (meaning === 'name...') return name.split('.').map(subjectToken);
  if (meaning === 'name') return [subjectToken(name)];
  return [subjectToken(meaning === 'source' ? source : (labels[meaning] ?? '_'))];
}

async function act(step: Step, engine: EngineUnderTest, names: Names, i: number): Promise<string[]> {
  const resolved = <T>(value: T) => resolveReferences(value, referencesOf(engine, names, i));
  const asked = ask(step, engine, resolved);
  if (asked === undefined) return [];
  const answer = await engine.time.until(asked, patienceMs);
  if (step.as !== undefined) names.set(resolved(step.as), idOf(answer));
  const expected = resolved(step.answer) ?? usualAnswer;
  const wrong = mismatches(expected, answer, 'answer');
  return wrong.length === 0 ? [] : [...wrong, `the whole answer is ${JSON.stringify(answer)}`];
}

export function referencesOf(engine: EngineUnderTest, names: Names, i = 1) {
  return {
    named: (name: string) => (name === 'i' ? i : (names.get(name) ?? findAlert(engine.alerts, name)?.id)),
    wallAt: (ms: number) => engine.time.wallAt(ms),
  };
}

/** What the step asks of the engine; `undefined` when it wants no answer. */
function ask(step: Step, engine: EngineUnderTest, resolved: <T>(value: T) => T): Promise<unknown> | undefined {
  if (step.raise !== undefined) return engine.engine.raise(resolved(step.raise));
  if (step.publish !== undefined) return publish(step, engine, resolved);
  if (step.command === undefined) return undefined;
  const meant = step.alert === undefined ? {} : { id: idOfAlert(engine, resolved(step.alert)) };
  return engine.engine.commands.execute(step.command, { ...meant, ...resolved(step.args) }, actor);
}

function publish(
  { publish: message, answer }: Step,
  { driver }: EngineUnderTest,
  resolved: <T>(value: T) => T,
): Promise<unknown> | undefined {
  const { subject, body, headers = {} } = resolved(message!);
  const data = encoder.encode(typeof body === 'string' ? body : JSON.stringify(body));
  if (answer === undefined) {
    driver.bus.publish(subject, data, headers);
    return undefined;
  }
  return driver.bus
    .request(subject, data, { headers })
    .then((reply) => JSON.parse(new TextDecoder().decode(reply.data)));
}

function idOfAlert({ alerts }: EngineUnderTest, meant: string | Readonly<Record<string, unknown>>): string {
  const alert = findAlert(alerts, meant);
  if (alert !== undefined) return alert.id;
  throw new Error(`no alert is ${JSON.stringify(meant)}; ${knownAlerts(alerts)}`);
}

function idOf(answer: unknown): string {
  const { id } = (answer ?? {}) as { readonly id?: unknown };
  if (typeof id === 'string') return id;
  throw new Error(`the answer has no id to be named: ${JSON.stringify(answer)}`);
}
