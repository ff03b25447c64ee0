import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ConfigInput } from '../../src/config/index.js';
import { type EngineUnderTest, startTestEngine } from '../support/engine.js';
import { propertyRuns } from '../support/property.js';
import { Model, type ModelOptions, type ModelRaise, rank, type Severity, severities } from './model.js';

const second = 1_000;
const minute = 60 * second;
const hour = 60 * minute;

type Action =
  | { readonly do: 'raise'; readonly raise: ModelRaise }
  | { readonly do: 'burst'; readonly category: string; readonly severity: Severity; readonly count: number }
  | { readonly do: 'wait'; readonly ms: number }
  | { readonly do: 'edge'; readonly which: number; readonly window: number; readonly off: number }
  | { readonly do: 'sample'; readonly metric: string; readonly source: string; readonly value: number }
  | { readonly do: 'command'; readonly name: string; readonly which: number; readonly until?: number }
  | { readonly do: 'break'; readonly channel: 'hook' | 'pager' };

interface Setting {
  readonly options: ModelOptions;
  readonly config: ConfigInput;
}

const rules = [
  {
    id: 'cpu',
    name: 'High CPU',
    metric: 'cpu',
    when: '> 80',
    clear: '< 70',
    severity: 'high',
    repeat: '47m',
    escalation: 'short',
  },
  {
    id: 'mem',
    name: 'High memory',
    metric: 'mem',
    when: '> 80',
    severity: 'critical',
    cooldown: '7m',
    channels: ['pager'],
  },
  { id: 'wait', name: 'Slow', metric: 'mem', when: '> 60', for: '31s', severity: 'low', category: 'risk' },
  {
    ...{ id: 'disk', name: 'Disk', metric: 'cpu', category: 'risk', repeat: '2h', escalation: 'long' },
    levels: {
      medium: { when: '> 60', clear: '< 50' },
      high: { when: '> 75', clear: '< 65' },
      critical: { when: '> 90' },
    },
  },
] as const;

const escalations = {
  short: { after: '13m', max: 3 },
  long: {
    levels: [{ after: '5m' }, { after: '11m', channels: ['pager'], severity: 'critical' as const }, { after: '3m' }],
    max: 4,
  },
};

const modelRules: ModelOptions['rules'] = [
  {
    ...{
      id: 'cpu',
      name: 'High CPU',
      metric: 'cpu',
      category: 'performance',
      for: 0,
      cooldown: 0,
      repeat: 47 * minute,
    },
    ...{ escalation: 'short', levels: [{ severity: 'high', above: 80, below: 70 }] },
  },
  {
    ...{ id: 'mem', name: 'High memory', metric: 'mem', category: 'performance', for: 0, cooldown: 7 * minute },
    ...{ channels: ['pager'], levels: [{ severity: 'critical', above: 80 }] },
  },
  {
    ...{ id: 'wait', name: 'Slow', metric: 'mem', category: 'risk', for: 31 * second, cooldown: 0 },
    levels: [{ severity: 'low', above: 60 }],
  },
  {
    ...{
      id: 'disk',
      name: 'Disk',
      metric: 'cpu',
      category: 'risk',
      for: 0,
      cooldown: 0,
      repeat: 2 * hour,
      escalation: 'long',
    },
    levels: [
      { severity: 'medium', above: 60, below: 50 },
      { severity: 'high', above: 75, below: 65 },
      { severity: 'critical', above: 90 },
    ],
  },
];

const ladders: ModelOptions['ladders'] = {
  short: { levels: [{ after: 13 * minute }], max: 3 },
  long: {
    levels: [
      { after: 5 * minute },
      { after: 11 * minute, channels: ['pager'], severity: 'critical' },
      { after: 3 * minute },
    ],
    max: 4,
  },
};

const everywhere = ['hook', 'pager'];
const usual: ModelOptions = {
  windows: [
    { max: 10, per: minute },
    { max: 100, per: hour },
  ],
  cooldown: minute,
  dedupe: 300 * second,
  routes: [
    { minSeverity: 'critical', categories: [], channels: everywhere },
    { minSeverity: 'medium', categories: ['trade', 'execution'], channels: ['hook'] },
    { minSeverity: 'high', categories: ['risk'], channels: ['hook'] },
  ],
  defaultChannels: ['hook'],
  ladders,
  rules: modelRules,
};

const common: ConfigInput = { rules: rules as never, escalations, history: { maxAge: '365d' } };
const tight: ModelOptions = {
  ...usual,
  windows: [
    { max: 2, per: 20 * second },
    { max: 4, per: 10 * minute },
  ],
  cooldown: 45 * second,
  dedupe: 90 * second,
  routes: [
    { minSeverity: 'high', categories: ['trade'], channels: ['pager'], stop: true },
    { minSeverity: 'medium', categories: ['trade', 'risk'], channels: ['hook'], escalation: 'short' },
    { minSeverity: 'critical', categories: [], channels: ['pager'], escalation: 'long' },
  ],
};

const settings: Readonly<Record<string, Setting>> = {
  usual: { options: usual, config: common },
  tight: {
    options: tight,
    config: {
      ...common,
      rateLimit: {
        windows: [
          { max: 2, per: '20s' },
          { max: 4, per: '10m' },
        ],
        cooldown: '45s',
      },
      dedupe: { window: '90s' },
      routes: [
        { id: 'r1', name: 'r1', minSeverity: 'high', categories: ['trade'], channels: ['pager'], stop: true },
        {
          id: 'r2',
          name: 'r2',
          minSeverity: 'medium',
          categories: ['trade', 'risk'],
          channels: ['hook'],
          escalation: 'short',
        },
        { id: 'r3', name: 'r3', minSeverity: 'critical', channels: ['pager'], escalation: 'long' },
      ],
    },
  },
  'short cooldown': {
    options: {
      ...tight,
      routes: usual.routes,
      windows: [
        { max: 6, per: minute },
        { max: 9, per: 20 * minute },
      ],
      cooldown: second,
    },
    config: {
      ...common,
      rateLimit: {
        windows: [
          { max: 6, per: '1m' },
          { max: 9, per: '20m' },
        ],
        cooldown: '1s',
      },
      dedupe: { window: '90s' },
    },
  },
  'without cooldown': {
    options: { ...tight, routes: usual.routes, cooldown: 0 },
    config: {
      ...common,
      rateLimit: {
        windows: [
          { max: 2, per: '20s' },
          { max: 4, per: '10m' },
        ],
        cooldown: '0s',
      },
      dedupe: { window: '90s' },
    },
  },
};

const category = fc.constantFrom('trade', 'risk', 'performance');
const severity = fc.constantFrom(...severities);
const raise: fc.Arbitrary<ModelRaise> = fc
  .record({
    key: fc.constantFrom(undefined, undefined, undefined, 'k1', 'k2'),
    title: fc.constantFrom('A', 'B', 'C'),
    message: fc.constantFrom('', '', 'm'),
    severity,
    category,
    status: fc.constantFrom('firing', 'firing', 'firing', 'event', 'resolved'),
    resolveAfter: fc.constantFrom(24 * hour, 24 * hour, 10 * minute),
  })
  .map(({ key, ...fields }) => (key === undefined ? fields : { key, ...fields }) as ModelRaise);

const value = fc.constantFrom(40, 50, 55, 60, 61, 65, 69, 70, 75, 76, 80, 81, 85, 90, 91, 99);
const action: fc.Arbitrary<Action> = fc.oneof(
  { weight: 8, arbitrary: raise.map((r): Action => ({ do: 'raise', raise: r })) },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('burst' as const),
      category,
      severity,
      count: fc.integer({ min: 2, max: 12 }),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('wait' as const),
      ms: fc.constantFrom(1, 999, 7_000, 31_000, 31_000, 61_003, 61_003, 301_007, 600_000, 1_000_003),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('edge' as const),
      which: fc.nat(20),
      window: fc.constantFrom(
        20 * second,
        45 * second,
        minute,
        minute,
        90 * second,
        300 * second,
        300 * second,
        600 * second,
        hour,
      ),
      off: fc.constantFrom(-1, 0, 1),
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('sample' as const),
      metric: fc.constantFrom('cpu', 'mem'),
      source: fc.constantFrom('a', 'b'),
      value,
    }),
  },
  {
    weight: 3,
    arbitrary: fc
      .record({
        do: fc.constant('command' as const),
        name: fc.constantFrom('acknowledge', 'acknowledge', 'unacknowledge', 'suppress', 'unsuppress', 'resolve'),
        which: fc.nat(8),
        until: fc.constantFrom(undefined, undefined, 4 * minute + 1, 90 * minute + 3),
      })
      .map(({ until, ...rest }) => (until === undefined ? rest : { ...rest, until }) as Action),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('break' as const),
      channel: fc.constantFrom('hook' as const, 'pager' as const),
    }),
  },
);

/** Plays the same to the engine and to the model, and compares what can be seen of them after each step. */
class Game {
  readonly #test: EngineUnderTest;
  readonly #model: Model;
  readonly #seen = { hook: 0, pager: 0, model: 0 };

  constructor(test: EngineUnderTest, options: ModelOptions) {
    this.#test = test;
    this.#model = new Model(options, test.clock.wall());
  }

  async play(step: Action): Promise<void> {
    if (step.do !== 'wait' && step.do !== 'edge') await this.#pass(1);
    expect(await this.#ofEngine(step)).toEqual(this.#ofModel(step));
    this.#compareNotifications();
    this.#compareAlerts(false);
  }

  /** What was folded is written within a second; then nothing may differ. */
  async end(): Promise<void> {
    await this.#pass(2 * second);
    this.#compareNotifications();
    this.#compareAlerts(true);
    this.#compareTotals();
  }

  async #ofEngine(step: Action): Promise<unknown> {
    const { clock } = this.#test;
    switch (step.do) {
      case 'raise':
        return shown(await this.#test.raise({ ...step.raise }));
      case 'burst':
        return Promise.all(burst(step).map(async (r) => shown(await this.#test.raise({ ...r }))));
      case 'wait':
        return this.#pass(step.ms);
      case 'edge':
        return this.#pass(this.#toEdge(step));
      case 'sample':
        return this.#test.sample(step.metric, step.value, step.source);
      case 'break': {
        const isBroken = this.#model.broken.has(step.channel);
        this.#test[step.channel].answer = () =>
          isBroken ? { outcome: 'delivered' } : { outcome: 'permanent', error: 'broken' };
        return;
      }
      case 'command': {
        const id = this.#idOf(step.which);
        if (id === undefined) return;
        const until = step.until === undefined ? {} : { until: clock.wall() + step.until };
        const takesUntil = step.name === 'acknowledge' || step.name === 'suppress';
        const answer = await this.#test.command(step.name, { id, by: 'ada', ...(takesUntil ? until : {}) });
        return answer.ok ? {} : { code: answer.error.code };
      }
    }
  }

  #ofModel(step: Action): unknown {
    const model = this.#model;
    switch (step.do) {
      case 'raise':
        return model.raise(step.raise);
      case 'burst':
        return burst(step).map((r) => model.raise(r));
      case 'sample':
        return model.sample(step.metric, step.source, step.value);
      case 'break':
        if (!model.broken.delete(step.channel)) model.broken.add(step.channel);
        return;
      case 'command': {
        const id = this.#idOf(step.which);
        if (id === undefined) return;
        const takesUntil = step.name === 'acknowledge' || step.name === 'suppress';
        return model.command(
          step.name,
          id,
          takesUntil && step.until !== undefined ? model.now + step.until : undefined,
        );
      }
      default:
        return;
    }
  }

  /** The newest few, before the step changes anything. */
  #idOf(which: number): string | undefined {
    return this.#model.alerts
      .filter((a) => !a.key.startsWith('rate_summary') && a.verdict !== 'duplicate')
      .at(-1 - which)?.id;
  }

  #toEdge({ which, window, off }: Action & { do: 'edge' }): number {
    const { accepted, now } = this.#model;
    const from = accepted.at(-1 - which);
    return from === undefined ? 0 : Math.max(0, from + window + off - now);
  }

  /** Time passes from one moment at which something is due to the next, so that what each causes is done by then. */
  async #pass(ms: number): Promise<void> {
    const model = this.#model;
    const end = model.now + ms;
    while (model.now < end) {
      const next = Math.min(end, Math.max(model.now + 1, model.nextDue()));
      this.#test.clock.advance(next - model.now);
      await this.#test.advance(0);
      model.advance(next);
    }
  }

  /** What one step or one wait causes, in the order of time on each channel. */
  #compareNotifications(): void {
    const { hook, pager } = this.#test;
    const told = this.#model.told.slice(this.#seen.model);
    for (const channel of [hook, pager]) {
      const name = channel.name as 'hook' | 'pager';
      const fresh = channel.sent.slice(this.#seen[name]);
      const lines = fresh.map(
        (n) => `${Date.parse(n.timestamp)} ${n.type} ${n.data.alert.severity} ${n.data.alert.title} ${n.data.alert.id}`,
      );
      const expected = told.filter((t) => t.channel === name);
      expect(lines.sort(), name).toEqual(
        expected.map((t) => `${t.at} ${t.type} ${t.severity} ${t.title} ${t.id}`).sort(),
      );
      this.#seen[name] = channel.sent.length;
    }
    this.#seen.model = this.#model.told.length;
  }

  #compareAlerts(isWritten: boolean): void {
    const { alerts } = this.#test.engine.alerts.query({ limit: 1_000 });
    const model = this.#model;
    const newestFirst = [...model.alerts].sort((a, b) => (a.id < b.id ? 1 : -1));
    expect(
      alerts.map(({ id, title, severity, category, state, status, count, escalation, channels, channelsSent }) => ({
        ...{ id, severity, state, status, level: escalation.level, ...(isWritten ? { title, category, count } : {}) },
        ...{ nextAt: escalation.nextAt, channels: [...channels].sort(), sent: seenOf(channelsSent) },
      })),
    ).toEqual(
      newestFirst.map((a) => ({
        ...{
          id: a.id,
          severity: a.severity,
          state: a.state,
          status: model.statusOf(a),
          level: a.level,
          nextAt: a.nextAt,
        },
        ...(isWritten ? { title: a.title, category: a.category, count: a.count } : {}),
        ...{
          channels: [...a.channels].sort(),
          sent: seenOf([...a.deliveries].flatMap(([name, arrived]) => (arrived ? [name] : []))),
        },
      })),
    );
  }

  /** Statistics, and the history by every filter. */
  #compareTotals(): void {
    const stats = this.#test.engine.stats();
    const model = this.#model;
    const open = model.alerts.filter((a) => a.state !== 'resolved');
    expect(stats).toMatchObject({
      ...{ ...model.stats, bySeverity: model.bySeverity, byCategory: model.byCategory },
      ...{ active: open.length, historySize: model.alerts.length - open.length },
    });
    for (const name of ['hook', 'pager'] as const)
      expect(stats.byChannel[name] ?? 0, name).toBe(model.byChannel[name] ?? 0);
    for (const state of ['active', 'acknowledged', 'escalated', 'suppressed', 'resolved'])
      expect(stats.byState[state], state).toBe(model.alerts.filter((a) => a.state === state).length);
    this.#compareHistory();
  }

  #compareHistory(): void {
    const ids = (query: object) => this.#test.engine.alerts.query(query).alerts.map(({ id }) => id);
    const model = this.#model;
    const since = model.accepted[model.accepted.length >> 1] ?? model.now;
    expect(ids({})).toEqual(model.history(() => true));
    expect(ids({ category: ['trade'] })).toEqual(model.history((a) => a.category === 'trade'));
    expect(ids({ severity: ['high'] })).toEqual(model.history((a) => a.severity === 'high'));
    expect(ids({ minSeverity: 'high', limit: 3 })).toEqual(model.history((a) => rank(a.severity) >= 2, 3));
    expect(ids({ since })).toEqual(model.history((a) => a.startedAt >= since));
    expect(ids({ state: ['active', 'escalated'], since, category: ['risk', 'performance'] })).toEqual(
      model.history(
        (a) =>
          (a.state === 'active' || a.state === 'escalated') &&
          a.startedAt >= since &&
          a.category !== 'trade' &&
          a.category !== 'system',
      ),
    );
  }
}

function burst({ category, severity, count }: Action & { do: 'burst' }): ModelRaise[] {
  return Array.from({ length: count }, (_, i) => ({
    ...{ title: `Burst ${i}`, message: '', category, severity },
    ...{ status: 'firing' as const, resolveAfter: 24 * hour },
  }));
}

function seenOf(channels: Iterable<string>): string[] {
  return [...channels].filter((c) => c === 'hook' || c === 'pager').sort();
}

function shown({ ok, ...answer }: Record<string, unknown>): unknown {
  return ok ? { ...answer } : answer;
}

describe('the engine does what a naive model of the two original systems does', () => {
  for (const [name, { options, config }] of Object.entries(settings)) {
    it(
      `P11 P12 P13 P14 P18 P20 P35 P39 P41 whatever is raised, measured and commanded (${name})`,
      async () => {
        await fc.assert(
          fc.asyncProperty(fc.array(action, { minLength: 1, maxLength: 40, size: 'max' }), async (steps) => {
            const test = await startTestEngine(config);
            const game = new Game(test, options);
            for (const step of steps) await game.play(step);
            await game.end();
          }),
          { numRuns: Math.ceil(propertyRuns() / 8), ...(propertyRuns() > 200 ? {} : { seed: 20 }) },
        );
      },
      30_000 + 400 * propertyRuns(),
    );
  }
});
