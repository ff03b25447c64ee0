import { headline } from '../config/problems.js';
import { EngineUnderTest } from './engine-under-test.js';
import { Looked, type Mismatch, verify, verifyNothingMore } from './expect.js';
import { listDifference } from './list-difference.js';
import { type Names, perform, referencesOf } from './perform.js';
import { resolveReferences } from './references.js';
import type { Scenario, Step } from './scenario.js';
import { VirtualTime } from './virtual-time.js';

/** How a scenario ended. */
export interface ScenarioResult {
  readonly title: string;
  readonly file?: string;
  readonly line: number;
  /** Absent: all was as expected. */
  readonly failure?: ScenarioFailure;
}

export interface ScenarioFailure {
  /** Position of the step, from 1; absent when it is about the whole scenario. */
  readonly step?: number;
  readonly line: number;
  /** Milliseconds since the beginning. */
  readonly at: number;
  readonly note?: string;
  readonly mismatches: readonly Mismatch[];
  /** What the engine did until then, a line each. */
  readonly story: readonly string[];
}

/** Runs a scenario in virtual time, until its end or the first step that is not as expected. Never rejects. */
export async function runScenario(scenario: Scenario): Promise<ScenarioResult> {
  const { title, file, line, refusal } = scenario;
  const failure = refusal === undefined ? await new Run(scenario).run() : ofRefusal(scenario, refusal);
  const place = { title, line, ...(file === undefined ? {} : { file }) };
  return failure === undefined ? place : { ...place, failure };
}

function ofRefusal({ line }: Scenario, { expected, found }: NonNullable<Scenario['refusal']>) {
  const shown = found.map((problem) => ({ line: headline(problem), fields: problem }));
  const lines = listDifference(expected, shown);
  if (lines === undefined) return undefined;
  return { line, at: 0, mismatches: [{ what: 'problems of the configuration', lines }], story: [] };
}

class Run {
  readonly #scenario: Scenario;
  readonly #time = new VirtualTime();
  readonly #engines: ReadonlyMap<string, EngineUnderTest>;
  readonly #looked = new Map<EngineUnderTest, Looked>();
  readonly #names: Names = new Map();
  readonly #story: string[] = [];

  constructor(scenario: Scenario) {
    this.#scenario = scenario;
    const several = scenario.engines.size > 1;
    this.#engines = new Map(
      [...scenario.engines].map(([name, config]) => {
        const tell = (line: string) => this.#story.push(several ? `${name}  ${line}` : line);
        return [name, new EngineUnderTest(config, this.#time, tell)];
      }),
    );
    for (const engine of this.#engines.values()) this.#looked.set(engine, new Looked());
  }

  async run(): Promise<ScenarioFailure | undefined> {
    const failure = (await this.#begin()) ?? (await this.#steps()) ?? this.#end();
    const unclosed = await this.#close();
    return failure ?? unclosed;
  }

  async #begin(): Promise<ScenarioFailure | undefined> {
    try {
      for (const engine of this.#engines.values()) await engine.start();
      this.#time.begin();
      return undefined;
    } catch (error) {
      return this.#failure([cannot('start', error)]);
    }
  }

  async #steps(): Promise<ScenarioFailure | undefined> {
    for (const step of this.#scenario.steps) {
      const mismatches = await this.#step(step);
      if (mismatches.length > 0) return this.#failure(mismatches, step);
    }
    return undefined;
  }

  async #step(step: Step): Promise<readonly Mismatch[]> {
    const engine = this.#engines.get(step.on)!;
    try {
      await this.#time.advanceTo(step.at);
      const wrong = await perform(step, engine, this.#names);
      if (wrong.length > 0) return [{ what: 'answer', lines: wrong }];
      if (step.expect === undefined) return [];
      const expected = resolveReferences(step.expect, referencesOf(engine, this.#names));
      return await verify(expected, engine, this.#looked.get(engine)!);
    } catch (error) {
      return [cannot('step', error)];
    }
  }

  #end(): ScenarioFailure | undefined {
    const left = [...this.#looked].flatMap(([engine, looked]) => verifyNothingMore(engine, looked));
    return left.length === 0 ? undefined : this.#failure(left);
  }

  async #close(): Promise<ScenarioFailure | undefined> {
    try {
      for (const engine of this.#engines.values()) await engine.close();
      return undefined;
    } catch (error) {
      return this.#failure([cannot('end', error)]);
    }
  }

  #failure(mismatches: readonly Mismatch[], step?: Step): ScenarioFailure {
    const { number, line, note } = step ?? { number: undefined, line: this.#scenario.line, note: undefined };
    return {
      ...(number === undefined ? {} : { step: number }),
      line,
      at: this.#time.now(),
      ...(note === undefined ? {} : { note }),
      mismatches,
      story: this.#story,
    };
  }
}

function cannot(what: string, error: unknown): Mismatch {
  return { what, lines: [error instanceof Error ? error.message : String(error)] };
}
