import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ConfigInput, EngineConfig, RouteInput, RuleInput } from '../../src/config/index.js';
import { LiveConfig } from '../../src/live/live-config.js';
import { silentLogger } from '../../src/model/logger.js';
import { createMemoryDriver } from '../../src/streams/memory.js';
import type { EventLog } from '../../src/streams/ports.js';
import { propertyRuns } from '../support/property.js';
import { configOf } from './support.js';

type Kind = 'rule' | 'route';
type Step =
  | { readonly op: 'put'; readonly kind: Kind; readonly id: string; readonly value: number; readonly channel: string }
  | { readonly op: 'delete'; readonly kind: Kind; readonly id: string; readonly restore: boolean }
  | { readonly op: 'reload'; readonly file: File };

/** Which items the file has, and whether it declares the channel that some items name. */
interface File {
  readonly rules: readonly number[];
  readonly routes: readonly number[] | undefined;
  readonly extra: boolean;
}

const author = { by: 'ann', via: 'test' };
const ids = ['a', 'b', 'cpu'];
const id = fc.constantFrom(...ids);
const kind = fc.constantFrom<Kind>('rule', 'route');
const values = fc.array(fc.integer({ min: 0, max: 3 }), { maxLength: ids.length });
const file: fc.Arbitrary<File> = fc.record({
  rules: values,
  routes: fc.option(values, { nil: undefined }),
  extra: fc.boolean(),
});
const channel = fc.constantFrom('hook', 'extra', 'nowhere');
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({ op: fc.constant('put'), kind, id, value: fc.integer({ min: 0, max: 9 }), channel }),
  },
  { weight: 3, arbitrary: fc.record({ op: fc.constant('delete'), kind, id, restore: fc.boolean() }) },
  { weight: 2, arbitrary: fc.record({ op: fc.constant('reload'), file }) },
) as fc.Arbitrary<Step>;

const rule = (name: string, value: number, to = 'hook'): RuleInput => ({
  id: name,
  metric: 'm',
  when: `> ${value}`,
  channels: [to],
});
const route = (name: string, value: number, to = 'hook'): RouteInput => ({
  id: name,
  match: { v: String(value) },
  channels: [to],
});
const itemOf = (of: Kind, name: string, value: number, to: string) => (of === 'rule' ? rule : route)(name, value, to);

function inputOf({ rules, routes, extra }: File): ConfigInput {
  const webhook = { type: 'webhook', url: 'http://127.0.0.1:9/' } as const;
  return {
    rules: rules.map((value, i) => rule(ids[i]!, value)),
    ...(routes === undefined ? {} : { routes: routes.map((value, i) => ({ ...route(ids[i]!, value) })) }),
    channels: extra ? { extra: webhook } : {},
  };
}

function liveOf(config: EngineConfig, now: () => number): LiveConfig {
  const clock = { wall: now };
  return new LiveConfig({ config, extraChannels: () => [], channelsAreLive: true, clock, logger: silentLogger });
}

const shown = ({ current, routes }: LiveConfig) => ({
  rules: current.rules,
  routes,
  channels: Object.keys(current.channels),
});

async function carryOut(live: LiveConfig, steps: readonly Step[]): Promise<void> {
  for (const each of steps) {
    // What is refused leaves nothing behind: that is what is compared.
    if (each.op === 'reload') live.reload(configOf(inputOf(each.file)), 'test');
    else if (each.op === 'delete') await live.delete(each.kind, each.id, author, each.restore).catch(() => undefined);
    else
      await live
        .put(each.kind, each.id, itemOf(each.kind, each.id, each.value, each.channel), author)
        .catch(() => undefined);
  }
}

async function started(config: EngineConfig, log: EventLog, now: () => number): Promise<LiveConfig> {
  const live = liveOf(config, now);
  await live.load(log);
  return live;
}

describe('a configuration that changes', () => {
  it('P33 is, after any sequence of commands and reloads, the one that an engine starts with that has the last file', async () => {
    await fc.assert(
      fc.asyncProperty(file, fc.array(step, { maxLength: 20 }), async (first, steps) => {
        let time = 0;
        const now = () => ++time;
        const { log } = createMemoryDriver();
        const live = await started(configOf(inputOf(first)), log, now);
        const following = await started(configOf(inputOf(first)), log, now);
        const ends = [live.follow(), following.follow()];
        await carryOut(live, steps);
        await new Promise((resolve) => setImmediate(resolve));
        const last = steps.findLast((each) => each.op === 'reload')?.file ?? first;
        const fresh = await started(configOf(inputOf(last)), log, now);
        expect(shown(live)).toEqual(shown(fresh));
        following.reload(configOf(inputOf(last)), 'test');
        expect(shown(following)).toEqual(shown(fresh));
        for (const end of ends) end();
      }),
      { numRuns: propertyRuns() },
    );
  });

  it('P33 is the file with the last word on each item that fits it', async () => {
    await fc.assert(
      fc.asyncProperty(file, fc.array(step, { maxLength: 20 }), async (first, steps) => {
        let time = 0;
        const live = await started(configOf(inputOf(first)), createMemoryDriver().log, () => ++time);
        const end = live.follow();
        await carryOut(live, steps);
        end();
        expect(live.current.rules.map(({ id: name, when }) => `${name} ${JSON.stringify(when)}`).sort()).toEqual(
          naive(first, steps),
        );
      }),
      { numRuns: propertyRuns() },
    );
  });
});

/** The rules as a table: what the file says, what commands said, and which of the two counts. */
function naive(first: File, steps: readonly Step[]): string[] {
  let now = first;
  const words = new Map<string, { value: number; channel: string } | 'hidden'>();
  const inFile = (name: string) => ids.indexOf(name) < now.rules.length;
  const fits = (to: string) => to === 'hook' || (to === 'extra' && now.extra);
  for (const each of steps) {
    if (each.op === 'reload') now = each.file;
    else if (each.kind === 'rule' && each.op === 'put') {
      if (fits(each.channel)) words.set(each.id, each);
    } else if (each.kind === 'rule' && each.op === 'delete') {
      const word = words.get(each.id);
      const runs = word !== 'hidden' && (word !== undefined || inFile(each.id));
      if (each.restore) words.delete(each.id);
      else if (runs && inFile(each.id)) words.set(each.id, 'hidden');
      else if (runs) words.delete(each.id);
    }
  }
  const rules = ids.flatMap((name) => {
    const word = words.get(name);
    if (word === 'hidden') return [];
    if (word !== undefined && fits(word.channel)) return [`${name} ${when(word.value)}`];
    return inFile(name) ? [`${name} ${when(now.rules[ids.indexOf(name)]!)}`] : [];
  });
  return rules.sort();
}

function when(value: number): string {
  return JSON.stringify({ op: '>', value });
}
