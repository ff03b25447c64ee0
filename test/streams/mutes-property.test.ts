import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { AlertView } from '../../src/model/view.js';
import { type EngineUnderTest, startTestEngine } from '../support/engine.js';
import { propertyRuns } from '../support/property.js';

const stepMs = 1_000;
const sources = ['a', 'b'];
const severities = ['low', 'high'] as const;
const inhibit = [
  { source: { title: 'down' }, target: { title: 'slow' }, equal: ['source'] },
  { source: { severity: 'high', title: 'slow' }, target: { title: 'idle' }, equal: [] },
];

type Action =
  | { readonly do: 'raise' | 'resolve'; readonly title: string; readonly source: string; readonly severity: string }
  | {
      readonly do: 'silence';
      readonly name: string;
      readonly op: string;
      readonly value: string;
      readonly from: number;
      readonly for: number;
    }
  | { readonly do: 'unsilence' | 'acknowledge' | 'unacknowledge'; readonly which: number }
  | { readonly do: 'wait' | 'restart' };

const title = fc.constantFrom('down', 'slow', 'idle');
const alert = {
  title,
  source: fc.constantFrom(...sources),
  severity: fc.constantFrom(...severities),
};
const which = fc.nat(5);
const action: fc.Arbitrary<Action> = fc.oneof(
  { weight: 8, arbitrary: fc.record({ do: fc.constantFrom('raise', 'raise', 'resolve'), ...alert }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('silence'),
      name: fc.constantFrom('source', 'title', 'severity'),
      op: fc.constantFrom('=', '!=', '^=', '~'),
      value: fc.constantFrom('a', 'down', 'd', 'high', '[ab]'),
      from: fc.constantFrom(0, 0, 2_500),
      for: fc.integer({ min: 1, max: 8 }).map((seconds) => seconds * 1_000 + 500),
    }),
  },
  fc.record({ do: fc.constantFrom('unsilence', 'acknowledge', 'unacknowledge'), which }),
  { weight: 3, arbitrary: fc.record({ do: fc.constant('wait') }) },
  fc.record({ do: fc.constant('restart') }),
) as fc.Arbitrary<Action>;

interface Silenced {
  readonly id: string;
  readonly action: Action & { do: 'silence' };
  readonly startsAt: number;
  endsAt: number;
}

/** What should be so, found by looking at everything each time. */
class Model {
  readonly silences: Silenced[] = [];

  muting(view: AlertView, open: readonly AlertView[], now: number) {
    const silencedBy = this.silences
      .filter((s) => s.startsAt <= now && now < s.endsAt && matches(s, view))
      .map(({ id }) => id);
    const inhibitedBy = inhibit.flatMap(({ source, target, equal }) => {
      if (view.title !== target.title) return [];
      const by = open
        .filter((other) => other.title === source.title && (source.severity ?? other.severity) === other.severity)
        .filter((other) => equal.length === 0 || other.source === view.source);
      return by.length === 0 ? [] : [by.map(({ id }) => id)];
    });
    return { silencedBy, inhibitedBy };
  }
}

function matches({ action: { name, op, value } }: Silenced, view: AlertView): boolean {
  const text = view[name as 'source' | 'title' | 'severity'];
  if (op === '=') return text === value;
  if (op === '!=') return text !== value;
  return op === '^=' ? text.startsWith(value) : new RegExp(`^(?:${value})$`).test(text);
}

class World {
  test: EngineUnderTest;
  readonly model = new Model();
  /** Every event, of all runs of the engine, with who was told. */
  readonly told: string[] = [];

  constructor(test: EngineUnderTest) {
    this.test = test;
  }

  async perform(given: Action): Promise<void> {
    const { test, model } = this;
    const now = test.clock.wall();
    switch (given.do) {
      case 'raise':
      case 'resolve': {
        const { do: verb, ...fields } = given;
        const status = verb === 'raise' ? 'firing' : 'resolved';
        await test.raise({ ...fields, key: `${fields.title}-${fields.source}`, message: String(now), status });
        break;
      }
      case 'silence': {
        const { name, op, value } = given;
        const times = { startsAt: now + given.from, endsAt: now + given.from + given.for };
        const made = await test.command('silence', {
          matchers: [{ name, op, value }],
          ...times,
          by: 'ada',
          comment: '-',
        });
        model.silences.push({ id: String(made['id']), action: given, ...times });
        break;
      }
      case 'unsilence': {
        const silence = model.silences[given.which];
        if (silence === undefined || silence.endsAt <= now) break;
        await test.command('unsilence', { id: silence.id, by: 'ada' });
        silence.endsAt = now;
        break;
      }
      case 'acknowledge':
      case 'unacknowledge': {
        const view = (await this.open())[given.which];
        if (view !== undefined) await test.command(given.do, { id: view.id, by: 'ada' });
        break;
      }
      case 'restart':
        await this.restart();
        break;
      case 'wait':
        break;
    }
  }

  async restart(): Promise<void> {
    const before = this.test;
    this.test = await before.restart();
  }

  /** As the log says it, oldest first. */
  async open(): Promise<AlertView[]> {
    const latest = new Map<string, AlertView>();
    for await (const { body } of this.test.driver.log.latest('alert.>')) {
      const view = (body as { alert: AlertView }).alert;
      if (view.state !== 'resolved') latest.set(view.id, view);
    }
    return [...latest.values()].sort((a, b) => (a.id < b.id ? -1 : 1));
  }

  /** Every open alert says what mutes it, and nobody was told of one that was muted. */
  async check(): Promise<void> {
    const now = this.test.clock.wall();
    const open = await this.open();
    for (const view of open) {
      const { silencedBy, inhibitedBy } = this.model.muting(view, open, now);
      expect([...(view.silencedBy ?? [])].sort()).toEqual([...silencedBy].sort());
      const named = view.inhibitedBy ?? [];
      expect(named.length).toBe(inhibitedBy.length);
      for (const [i, id] of named.entries()) expect(inhibitedBy[i]).toContain(id);
    }
    for await (const { body } of this.test.driver.log.read('alert.>')) {
      const { alert: view, notify, type } = body as { alert: AlertView; notify?: string[]; type: string };
      const isMuted = view.silencedBy !== undefined || view.inhibitedBy !== undefined;
      if (isMuted && type !== 'resolved') expect(notify).toBeUndefined();
    }
  }
}

describe('random silences, alerts and restarts', () => {
  it('leave every open alert with exactly what mutes it, and nobody told of a muted one', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(action, { minLength: 6, maxLength: 25, size: 'max' }), async (actions) => {
        const rateLimit = { windows: [{ max: 10_000, per: '1h' }] };
        const world = new World(await startTestEngine({ inhibit, rateLimit }));
        for (const each of actions) {
          await world.perform(each);
          await world.test.advance(stepMs);
          await world.check();
        }
        await world.test.engine.stop();
      }),
      { numRuns: Math.ceil(propertyRuns() / 5) },
    );
  }, 120_000);
});
