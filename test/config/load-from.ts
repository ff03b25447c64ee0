import { ConfigError, type ConfigProblem, type LoadedConfig, loadConfig } from '../../src/config/index.js';

export interface World {
  readonly env?: Readonly<Record<string, string>>;
  readonly files?: Readonly<Record<string, string>>;
}

/** Loads `text` as `tocsin.yaml`, with only the given variables and files around it. */
export function load(text: string, { env = {}, files = {} }: World = {}): LoadedConfig {
  const readFile = (path: string) => {
    const content = files[path];
    if (content === undefined) throw Object.assign(new Error('no such file'), { code: 'ENOENT' });
    return content;
  };
  return loadConfig(text, { file: 'tocsin.yaml', env, readFile });
}

/** The problems for which `text` is refused; none when it is accepted. */
export function problemsOf(text: string, world?: World): readonly ConfigProblem[] {
  return refusalOf(() => load(text, world));
}

/** The problems that `action` throws; none when it does not throw. */
export function refusalOf(action: () => unknown): readonly ConfigProblem[] {
  try {
    action();
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
  return [];
}
