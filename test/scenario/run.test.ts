import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { ConfigError } from '../../src/config/index.js';
import { loadScenarios, renderFailure, runScenario } from '../../src/scenario/index.js';
import { scenarioFileSchema } from '../../src/scenario/schema.js';

const config = 'config: { rules: [{ id: cpu, metric: cpu, when: "> 80" }] }\n';

/** The failure of the one scenario with these steps, as a person reads it. */
async function failureOf(steps: string, head = config): Promise<string> {
  const text = `${head}scenarios:\n  - title: it\n    steps:\n${steps.replaceAll(/^/gm, '      ')}\n`;
  const [scenario] = loadScenarios(text, { file: 'it.yaml' });
  return renderFailure(await runScenario(scenario!));
}

function problemsOf(text: string): readonly string[] {
  try {
    loadScenarios(text, { file: 'it.yaml' });
  } catch (error) {
    if (error instanceof ConfigError) return error.message.split('\n');
  }
  return [];
}

describe('a scenario that is not as expected', () => {
  it('shows step, line, time, what was expected, what came, and the story so far', async () => {
    const failure = await failureOf(
      '- samples: { cpu: "90 10" }\n- at: 90s\n  note: still there\n  expect: { alerts: [{ title: cpu, severity: high }] }',
    );
    expect(failure).toBe(
      [
        'it',
        '  it.yaml:6  step 2, at 1m 30s',
        '  still there',
        '  open alerts:',
        '    - {"title":"cpu","severity":"high"}   (did not come)',
        '  what happened until then:',
        '            0s  opened rule_fired  "cpu" medium, active',
        '            0s  → log  opened cpu',
        '           10s  resolved cleared  "cpu" medium, resolved',
        '           10s  → log  resolved cpu',
      ].join('\n'),
    );
  });

  it('shows which field of which thing differs', async () => {
    const failure = await failureOf(
      '- samples: { cpu: 90 }\n  expect: { alert: { cpu: { severity: high, labels: { a: b } } } }',
    );
    expect(failure).toContain(
      'alert "cpu":\n    severity: expected high, is medium\n    labels.a: expected b, is nothing\n',
    );
  });

  it('fails for a notification that nobody expects, on whatever channel and at whatever time', async () => {
    const looked = '- expect: { notifications: {} }\n- at: 10s\n  samples: { cpu: 90 }';
    expect(await failureOf(looked)).toContain('notifications on log:\n    + opened cpu   (not expected)');
    expect(await failureOf(`${looked}\n  expect: { notifications: { console: 0 } }`)).toContain('notifications on log');
    expect(await failureOf('- samples: { cpu: 90 }')).toBe('it');
  });

  it('fails for an answer that is an error which nobody expects', async () => {
    const failure = await failureOf('- command: acknowledge\n  args: { id: nobody, by: ada }');
    expect(failure).toMatch(/answer.ok: expected true, is false\n.*alert_unknown/);
  });

  it('fails for a field of an alert that nobody reads, and for a channel that is not there', async () => {
    expect(await failureOf('- raise: { title: a, severty: high }')).toContain('answer.warnings: expected nothing');
    const misspelt = await failureOf('- expect: { notifications: { lgo: [] } }');
    expect(misspelt).toContain('the configuration has no channel of that name; it has log, console');
  });

  it('fails when it refers to an alert, a channel or a name that is not there, and says what is', async () => {
    const missing = await failureOf('- raise: { title: a }\n- { command: resolve, alert: b, args: { by: ada } }');
    expect(missing).toContain('no alert is "b"; there are "a"');
    expect(await failureOf('- channels: { hok: down }')).toContain('no channel hok; it has log, console');
    expect(await failureOf('- raise: { title: "{{who}}" }')).toContain('{{who}} stands for nothing');
    expect(await failureOf('- engine: stop\n- raise: { title: a }')).toContain('the engine is stopped');
  });

  it('takes the same course each time', async () => {
    const steps =
      '- channels: { log: { state: 503, for: 1m } }\n  samples: { cpu: 90 }\n- at: 5m\n  expect: { alerts: [] }';
    expect(await failureOf(steps)).toBe(await failureOf(steps));
  });
});

it('docs/scenarios.md names every key of a scenario', () => {
  const text = readFileSync('docs/scenarios.md', 'utf8');
  const { scenarios } = scenarioFileSchema.shape;
  const scenario = scenarios.element.shape;
  const step = scenario.steps.unwrap().element.shape;
  const keys = [scenarioFileSchema.shape, scenario, step, step.expect.unwrap().shape].flatMap((map) =>
    Object.keys(map),
  );
  expect(keys.filter((key) => !new RegExp(`\\b${key}\\b`).test(text))).toEqual([]);
});

describe('a scenario file', () => {
  it.each([
    [
      'an unknown key',
      'scenarios:\n  - title: a\n    setps: []\n',
      'CFG204  it.yaml:3:5  unknown key "setps" in scenarios[0]',
    ],
    [
      'a wrong series',
      'scenarios:\n  - title: a\n    steps:\n      - samples: { cpu: high }\n',
      /^CFG210 {2}it.yaml:4:25 {2}.*the values of a series/,
    ],
    [
      'a wrong name of a series',
      'scenarios:\n  - title: a\n    steps:\n      - samples: { "cpu{": 1 }\n',
      /^CFG210 {2}it.yaml:4:20 {2}.*a series/,
    ],
    [
      'a step before the one before it',
      'scenarios:\n  - title: a\n    steps:\n      - at: 2s\n      - at: 1s\n',
      'CFG302  it.yaml:5:9  the step before is later than this',
    ],
    [
      'two actions in a step',
      'scenarios:\n  - title: a\n    steps:\n      - raise: { title: a }\n        command: clear\n',
      'CFG302  it.yaml:5:9  raise and command need a step each',
    ],
    [
      'an answer to nothing',
      'scenarios:\n  - title: a\n    steps:\n      - answer: { ok: true }\n',
      'CFG302  it.yaml:4:9  nothing here is answered',
    ],
    ['no steps', 'scenarios:\n  - title: a\n', 'CFG202  it.yaml:2:5  a scenario needs steps, or problems'],
    [
      'an engine that is not there',
      'scenarios:\n  - title: a\n    steps:\n      - on: west\n',
      'CFG203  it.yaml:4:13  no engine is called west',
    ],
    [
      'a wrong configuration',
      'config: { rulse: [] }\nscenarios:\n  - title: a\n    steps: [{}]\n  - title: b\n    steps: [{}]\n',
      'CFG204  it.yaml:1:11  unknown key "rulse"',
    ],
    [
      'a configuration that is not there',
      'config: none.yaml\nscenarios:\n  - title: a\n    steps: [{}]\n',
      'CFG104  it.yaml:1:9  none.yaml cannot be read: there are no files here',
    ],
    ['what is no YAML, once', 'scenarios: [\n  - a: }\n', /^CFG101 {2}it.yaml:2/],
  ])('is refused for %s, with its line', (_, text, problem) => {
    const problems = problemsOf(text);
    expect(problems).toHaveLength(1);
    expect(problems[0]).toEqual(typeof problem === 'string' ? problem : expect.stringMatching(problem));
  });

  it('reads no environment and no secret: what it does not give itself is made up', async () => {
    const channel = `{ type: webhook, url: "\${HOOK_URL}", secret: "\${file:/run/secret}" }`;
    const [scenario] = loadScenarios(`env: { HOOK_URL: "https://example.org/" }
config: { channels: { hook: ${channel} } }
scenarios: [{ title: a, steps: [{ raise: { title: a } }] }]
`);
    expect(scenario!.engines.get('engine')!.channels['hook']).toMatchObject({ url: 'https://example.org/' });
    expect((await runScenario(scenario!)).failure).toBeUndefined();
  });
});
