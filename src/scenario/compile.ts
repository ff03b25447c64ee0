import type { EngineConfig } from '../config/index.js';
import type { Finding, Path } from '../config/problems.js';
import { parseDuration } from '../model/duration.js';
import type { PlayedSeries, Step } from './scenario.js';
import type { ScenarioFileInput, StepInput } from './schema.js';
import type { ChannelScript, ChannelState } from './scripted-channel.js';
import { parseSeriesName, parseValues } from './series.js';

export interface CompileContext {
  /** Of the scenario. */
  readonly path: Path;
  readonly engines: readonly string[];
  lineOf(path: Path): number;
  /** The configuration of an engine with these changes. */
  config(on: string, changes: ScenarioFileInput['config'], path: Path): EngineConfig;
}

const everyMs = 10_000;

/** Steps with their times, and what is wrong between them. */
export function compileSteps(
  inputs: readonly StepInput[],
  context: CompileContext,
): { readonly steps: readonly Step[]; readonly findings: Finding[] } {
  const findings: Finding[] = [];
  const steps: Step[] = [];
  for (const [i, input] of inputs.entries()) {
    const path = [...context.path, 'steps', i];
    const before = steps.at(-1)?.at ?? 0;
    findings.push(...contradictions(input, path, before, context.engines));
    const on = input.on !== undefined && context.engines.includes(input.on) ? input.on : context.engines[0];
    if (on !== undefined) steps.push(compileStep(input, { number: i + 1, path, on, before }, context));
  }
  return { steps, findings };
}

interface Place {
  readonly number: number;
  readonly path: Path;
  readonly on: string;
  /** Time of the step before. */
  readonly before: number;
}

function compileStep(input: StepInput, { number, path, on, before }: Place, context: CompileContext): Step {
  const { at, after, channels, every, samples, engine, config, times, on: _, ...told } = input;
  return {
    ...told,
    number,
    on,
    line: context.lineOf(path),
    at: at === undefined ? before + ms(after, 0) : ms(at, 0),
    channels: new Map(Object.entries(channels ?? {}).map(([name, script]) => [name, scriptOf(script)])),
    ...(engine === undefined ? {} : { engine }),
    ...(config === undefined ? {} : { config: context.config(on, config, [...path, 'config']) }),
    series: Object.entries(samples ?? {}).map(([name, values]) => playedSeries(name, values, ms(every, everyMs))),
    times: times ?? 1,
  };
}

function scriptOf(script: NonNullable<StepInput['channels']>[string]): ChannelScript {
  if (typeof script !== 'object') return { state: script as ChannelState };
  const { state, retryAfter, for: period } = script;
  return {
    state: state as ChannelState,
    ...(retryAfter === undefined ? {} : { retryAfterMs: ms(retryAfter, 0) }),
    ...(period === undefined ? {} : { forMs: ms(period, 0) }),
  };
}

function playedSeries(name: string, values: string | number, everyMs: number): PlayedSeries {
  return { series: parseSeriesName(name)!, values: parseValues(String(values))!, everyMs };
}

function contradictions(input: StepInput, path: Path, before: number, engines: readonly string[]): Finding[] {
  const { at, after, on } = input;
  const wrong = (key: string, message: string): Finding => ({
    code: 'CFG302',
    message,
    path: [...path, key],
    at: 'key',
  });
  const actions = (['publish', 'raise', 'command'] as const).filter((key) => input[key] !== undefined);
  return [
    ...(at !== undefined && after !== undefined ? [wrong('after', 'at and after contradict each other')] : []),
    ...(at !== undefined && ms(at, 0) < before ? [wrong('at', 'the step before is later than this')] : []),
    ...actions.slice(1).map((key) => wrong(key, `${actions[0]} and ${key} need a step each`)),
    ...needing(input, 'config', ['engine']).map((key) => wrong(key, 'config needs engine: start, restart or reload')),
    ...needing(input, 'every', ['samples']).map((key) => wrong(key, 'every needs samples')),
    ...needing(input, 'args', ['command']).map((key) => wrong(key, 'args needs a command')),
    ...needing(input, 'alert', ['command']).map((key) => wrong(key, 'alert needs a command')),
    ...needing(input, 'as', ['command', 'raise']).map((key) => wrong(key, 'as needs a command, or raise')),
    ...needing(input, 'answer', ['command', 'raise', 'publish']).map((key) => wrong(key, 'nothing here is answered')),
    ...(on === undefined || engines.includes(on) ? [] : [unknownEngine(on, path, engines)]),
  ];
}

function needing(input: StepInput, key: keyof StepInput, others: readonly (keyof StepInput)[]): string[] {
  return input[key] !== undefined && others.every((other) => input[other] === undefined) ? [key] : [];
}

function unknownEngine(on: string, path: Path, allowed: readonly string[]): Finding {
  return { code: 'CFG203', message: `no engine is called ${on}`, path: [...path, 'on'], allowed };
}

function ms(text: string | undefined, otherwise: number): number {
  return text === undefined ? otherwise : parseDuration(text)!;
}
