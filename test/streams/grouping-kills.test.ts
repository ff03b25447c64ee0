import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { OutboxMessage } from '../../src/model/delivery.js';
import { GroupingWorld, notificationsOf } from '../support/grouping.js';
import { propertyRuns } from '../support/property.js';

const alerts = ['a', 'b', 'c', 'd'];
const times = { by: ['severity'], waitMs: 3_000, intervalMs: 10_000, max: 2 };

const step = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant('store' as const),
      alert: fc.constantFrom(...alerts),
      type: fc.constantFrom('opened' as const, 'repeated' as const, 'escalated' as const, 'resolved' as const),
      severity: fc.constantFrom('low' as const, 'high' as const),
      notify: fc.constantFrom(['hook'], ['hook', 'mail'], ['mail', 'pager'], []),
    }),
  },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('pass' as const), ms: fc.integer({ min: 1, max: 9_000 }) }) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('die' as const),
      writes: fc.integer({ min: 0, max: 6 }),
      lastArrives: fc.boolean(),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('stop' as const) }) },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('regroup' as const),
      by: fc.constantFrom(['severity'], ['category'], 'off' as const),
      channels: fc.constantFrom(['hook', 'mail'], ['hook'], ['mail']),
    }),
  },
);

type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

/** Lives one after the other on one log; the last one is left alone until nothing waits any more. */
async function live(steps: readonly Step[]): Promise<{ world: GroupingWorld; stored: string[] }> {
  const world = new GroupingWorld();
  const stored: string[] = [];
  let group: typeof times | 'off' = times;
  let death: { writes: number; lastArrives: boolean } | undefined;
  await world.start(group);
  for (const next of steps) {
    if (!world.isAlive) {
      await world.pass(1_000);
      await world.start(group, death);
      death = undefined;
    }
    switch (next.kind) {
      case 'store': {
        const { alert, type, severity, notify } = next;
        const n = stored.filter((one) => one.startsWith(`${alert} `)).length + 1;
        stored.push(`${alert} ${n} ${notify.join('+')}`);
        const state = type === 'resolved' ? ('resolved' as const) : ('active' as const);
        await world.store(alert, { type, severity, notify, state });
        break;
      }
      case 'pass':
        await world.pass(next.ms, 1_000);
        break;
      case 'die':
        world.kill();
        death = next;
        break;
      case 'stop':
        await world.stop();
        world.kill();
        break;
      case 'regroup':
        group = next.by === 'off' ? 'off' : { ...times, by: next.by };
        world.groupChannels = next.channels;
        world.kill();
    }
  }
  world.kill();
  await world.start(group);
  await world.pass(120_000, 2_000);
  return { world, stored };
}

/** `alert n channel` of everything that was to be told. */
function wanted(stored: readonly string[]): string[] {
  return stored.flatMap((one) => {
    const [alert, n, channels] = one.split(' ');
    return channels === '' ? [] : channels!.split('+').map((channel) => `${alert} ${n} ${channel}`);
  });
}

function short(notification: string): string {
  const [id, n, channel] = notification.split(' ');
  return `${id!.slice(10).replace(/0+$/, '')} ${n} ${channel}`;
}

/** The first message of each id, in order. */
function distinct(put: readonly OutboxMessage[]): OutboxMessage[] {
  const first = new Map<string, OutboxMessage>();
  for (const message of put) if (!first.has(message.id)) first.set(message.id, message);
  return [...first.values()];
}

describe('F1 grouping under kills', () => {
  it('F1 whatever dies when, each notification is in exactly one message, or repeated with the same id and content', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 40 }), async (steps) => {
        const { world, stored } = await live(steps);
        const messages = distinct(world.put);
        expect(messages.flatMap(notificationsOf).map(short).sort()).toEqual(wanted(stored).sort());
        for (const message of world.put) {
          const first = messages.find(({ id }) => id === message.id)!;
          expect(notificationsOf(message)).toEqual(notificationsOf(first));
          if (message.batch !== undefined) expect(message).toEqual(first);
        }
      }),
      { numRuns: propertyRuns() },
    );
  });

  it('P15 whatever dies when, the notifications of one alert reach a channel in order', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 40 }), async (steps) => {
        const { world } = await live(steps.filter(({ kind }) => kind !== 'regroup'));
        const last = new Map<string, number>();
        for (const message of distinct(world.put)) {
          const inMessage = new Map<string, number[]>();
          for (const one of notificationsOf(message).map(short)) {
            const [alert, n, channel] = one.split(' ');
            const place = `${alert} ${channel}`;
            inMessage.set(place, [...(inMessage.get(place) ?? []), Number(n)]);
          }
          for (const [place, numbers] of inMessage) {
            expect(Math.min(...numbers)).toBeGreaterThan(last.get(place) ?? 0);
            last.set(place, Math.max(...numbers));
          }
        }
      }),
      { numRuns: propertyRuns() },
    );
  });
});
