import { z } from 'zod';
import { ConfigError, type ConfigProblem, type EngineConfig } from '../config/index.js';
import type { JsonSchema } from '../config/json-schema.js';
import { type ConfigLayer, layeredConfig } from '../config/layers.js';
import { type Finding, formatPath, type Path, valueAt } from '../config/problems.js';
import { shapeFindings } from '../config/shape.js';
import { readYaml, type YamlFile } from '../config/yaml.js';
import { compileSteps } from './compile.js';
import type { Scenario } from './scenario.js';
import { type ScenarioFileInput, type ScenarioInput, scenarioFileSchema } from './schema.js';

export interface LoadScenariosOptions {
  /** Name of the file in messages. */
  readonly file?: string;
  /** Reads a configuration that the file names; the path is as it is written there. */
  readonly readConfig?: (path: string) => string;
}

/** Stands for every environment variable and secret that the file does not give: never a real one. */
const placeholder = 'http://127.0.0.1:9/';

/**
 * Reads a file of scenarios and checks everything in it, the configurations too.
 * Throws {@link ConfigError} (`config_invalid`) with all problems.
 */
export function loadScenarios(text: string, options: LoadScenariosOptions = {}): readonly Scenario[] {
  const yaml = readYaml(text, options.file);
  // What follows the first fault of the syntax is mostly noise.
  if (yaml.problems.length > 0)
    throw new ConfigError(yaml.tree === undefined ? yaml.problems.slice(0, 1) : yaml.problems);
  const parsed = scenarioFileSchema.safeParse(yaml.tree);
  if (!parsed.success) {
    const found = (path: Path) => valueAt(yaml.tree, path);
    throw new ConfigError(shapeFindings(found, parsed.error.issues, scenarioJsonSchema).map(yaml.locate));
  }
  return new Loader(parsed.data, yaml, options).scenarios();
}

let built: JsonSchema | undefined;

function scenarioJsonSchema(): JsonSchema {
  built ??= z.toJSONSchema(scenarioFileSchema, {
    target: 'draft-7',
    io: 'input',
    unrepresentable: 'any',
  }) as JsonSchema;
  return built;
}

class Loader {
  readonly #input: ScenarioFileInput;
  readonly #yaml: YamlFile;
  readonly #options: LoadScenariosOptions;
  readonly #problems: ConfigProblem[] = [];

  constructor(input: ScenarioFileInput, yaml: YamlFile, options: LoadScenariosOptions) {
    this.#input = input;
    this.#yaml = yaml;
    this.#options = options;
  }

  scenarios(): readonly Scenario[] {
    const base = this.#layer(this.#input.config, ['config']);
    const scenarios = this.#input.scenarios.map((scenario, i) => this.#scenario(scenario, ['scenarios', i], base));
    if (this.#problems.length > 0) throw new ConfigError(this.#problems);
    return scenarios;
  }

  #scenario(input: ScenarioInput, path: Path, base: readonly ConfigLayer[]): Scenario {
    const { file } = this.#options;
    const line = this.#line(path);
    const common = { title: input.title, line, ...(file === undefined ? {} : { file }) };
    const own = this.#layers(input, path, base);
    if (input.problems !== undefined) return { ...common, ...this.#refusal(input, path, own) };
    const engines = new Map([...own].map(([name, layers]) => [name, this.#config(layers)]));
    const { steps, findings } = compileSteps(input.steps ?? [], {
      path,
      engines: [...engines.keys()],
      lineOf: (at) => this.#line(at),
      config: (on, config, at) => this.#config([...own.get(on)!, ...this.#layer(config, at)]),
    });
    if (input.steps === undefined) findings.push({ ...noSteps, path });
    for (const finding of findings) this.#report(finding);
    return { ...common, engines, steps };
  }

  /** The layers of each engine's configuration. */
  #layers(input: ScenarioInput, path: Path, base: readonly ConfigLayer[]): Map<string, readonly ConfigLayer[]> {
    const { engines, config } = input;
    if (engines === undefined) return new Map([['engine', [...base, ...this.#layer(config, [...path, 'config'])]]]);
    if (config !== undefined) this.#report({ ...bothGiven, path: [...path, 'config'], at: 'key' });
    const named = Object.entries(engines).map(
      ([name, own]) => [name, [...base, ...this.#layer(own, [...path, 'engines', name])]] as const,
    );
    if (named.length === 0) this.#report({ ...noEngine, path: [...path, 'engines'] });
    return new Map(named);
  }

  #refusal(input: ScenarioInput, path: Path, own: Map<string, readonly ConfigLayer[]>) {
    if (input.steps !== undefined) this.#report({ ...problemsAndSteps, path: [...path, 'steps'], at: 'key' });
    const found = [...own.values()].flatMap((layers) => this.#check(layers).problems);
    return { engines: new Map(), steps: [], refusal: { expected: input.problems ?? [], found } };
  }

  #check(layers: readonly ConfigLayer[]) {
    return layeredConfig([empty, ...layers], {
      env: withPlaceholders(this.#input.env ?? {}),
      readFile: () => placeholder,
    });
  }

  #config(layers: readonly ConfigLayer[]): EngineConfig {
    const { config, problems } = this.#check(layers);
    for (const problem of problems) this.#add(problem);
    return config ?? this.#check([]).config!;
  }

  /** A configuration in place, or in a file of its own; none at all is no layer. */
  #layer(config: ScenarioFileInput['config'], path: Path): readonly ConfigLayer[] {
    if (config === undefined) return [];
    if (typeof config === 'string') return this.#fileLayer(config, path);
    const locate = (finding: Finding): ConfigProblem => ({
      ...this.#yaml.locate({ ...finding, path: [...path, ...finding.path] }),
      path: formatPath(finding.path),
    });
    return [{ tree: config, locate }];
  }

  #fileLayer(name: string, path: Path): readonly ConfigLayer[] {
    try {
      const { readConfig = noFiles } = this.#options;
      const { tree, problems, locate } = readYaml(readConfig(name), name);
      for (const problem of problems) this.#add(problem);
      return [{ tree: (tree ?? {}) as ConfigLayer['tree'], locate }];
    } catch (error) {
      const message = `${name} cannot be read: ${error instanceof Error ? error.message : String(error)}`;
      this.#report({ code: 'CFG104', message, path });
      return [];
    }
  }

  #line(path: Path): number {
    return this.#yaml.locate({ code: 'CFG101', message: '', path }).line ?? 1;
  }

  #report(finding: Finding): void {
    this.#add(this.#yaml.locate(finding));
  }

  /** What is wrong with the configuration of the file is wrong in each scenario: it is told once. */
  #add(problem: ConfigProblem): void {
    const same = ({ code, file, line, column, message }: ConfigProblem) =>
      code === problem.code &&
      file === problem.file &&
      line === problem.line &&
      column === problem.column &&
      message === problem.message;
    if (!this.#problems.some(same)) this.#problems.push(problem);
  }
}

/** Every name is set: to what is given, or to the placeholder. */
function withPlaceholders(given: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  const textOf = (name: string | symbol) => given[String(name)] ?? placeholder;
  return new Proxy<Record<string, string>>(
    {},
    {
      getOwnPropertyDescriptor: (_, name) => ({ configurable: true, enumerable: true, value: textOf(name) }),
      get: (_, name) => textOf(name),
    },
  );
}

const empty: ConfigLayer = { tree: {}, locate: ({ path: _, at: __, ...said }) => ({ ...said, path: '' }) };

const noSteps = { code: 'CFG202', message: 'a scenario needs steps, or problems' } as const;
const noEngine = { code: 'CFG209', message: 'engines must have at least 1 item' } as const;
const bothGiven = { code: 'CFG302', message: 'config and engines contradict each other' } as const;
const problemsAndSteps = { code: 'CFG302', message: 'problems and steps contradict each other' } as const;

function noFiles(): string {
  throw new Error('there are no files here');
}
