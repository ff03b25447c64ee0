import type { ConfigProblem, EngineConfig } from '../config/index.js';
import type { StepInput } from './schema.js';
import type { ChannelScript } from './scripted-channel.js';
import type { SeriesName } from './series.js';

/** A scenario as it is run: checked, durations in milliseconds. */
export interface Scenario {
  readonly title: string;
  readonly file?: string;
  readonly line: number;
  /** By name; the first is meant where a step names none. */
  readonly engines: ReadonlyMap<string, EngineConfig>;
  readonly steps: readonly Step[];
  /** Of a scenario about a wrong configuration: what should be wrong with it, and what is. */
  readonly refusal?: {
    readonly expected: readonly Readonly<Record<string, unknown>>[];
    readonly found: readonly ConfigProblem[];
  };
}

type Told = 'note' | 'publish' | 'raise' | 'command' | 'alert' | 'args' | 'as' | 'answer' | 'expect';

export interface Step extends Pick<StepInput, Told> {
  /** Position, from 1. */
  readonly number: number;
  readonly line: number;
  /** Milliseconds since the beginning. */
  readonly at: number;
  readonly on: string;
  readonly channels: ReadonlyMap<string, ChannelScript>;
  readonly engine?: 'stop' | 'start' | 'restart' | 'reload';
  /** With `engine`: the configuration from now on. */
  readonly config?: EngineConfig;
  readonly series: readonly PlayedSeries[];
  readonly times: number;
}

export interface PlayedSeries {
  readonly series: SeriesName;
  readonly values: readonly (number | undefined)[];
  readonly everyMs: number;
}
