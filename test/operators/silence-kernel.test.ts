import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Silence, SilenceKernel, type SilenceNotice, type SilenceSnapshot } from '../../src/operators/silence.js';
import { propertyRuns } from '../support/property.js';
import { labelsArbitrary, matchersArbitrary } from './naive-matchers.js';
import { NaiveSilenced, type SilenceEvent, type SilenceInput } from './naive-silence.js';

type Kernel = SilenceKernel<number, string>;

const day = 86_400_000;

function silenceOf(value: string, startsAt: number, endsAt: number, id = value): Silence {
  return { id, matchers: [{ label: 'a', op: '=', value }], startsAt, endsAt };
}

function kernelOf(silences: readonly Silence[], now = 0): Kernel {
  const kernel = new SilenceKernel<number, string>();
  kernel.setSilences(silences, now);
  return kernel;
}

function inWords(notice: SilenceNotice<number, string>): string {
  if (notice.kind === 'started') return `started ${notice.silence.id}`;
  if (notice.kind === 'ended') return `ended ${notice.silence.id} ${notice.reason}`;
  const reason = notice.kind === 'dropped' ? ` ${notice.reason}` : '';
  return `${notice.kind} ${notice.key} ${notice.value}${reason}`;
}

/** All that is due by `now`, as a timer would bring it about. */
function until(kernel: Kernel, now: number): string[] {
  const words: string[] = [];
  while (kernel.nextDue() <= now) words.push(...kernel.advance(now).map(inWords));
  return words;
}

function applied(kernel: Kernel, input: SilenceInput, value: number, now: number): string[] {
  if (input.kind === 'set') {
    kernel.setSilences(input.silences, now);
    return until(kernel, now);
  }
  const by = input.isOpen ? kernel.verdict(input.labels, now) : [];
  const words = by.length > 0 ? [`muted ${value} by ${by.join()}`] : [`passed ${value}`];
  if (by.length > 0) kernel.keep(input.key, value, input.labels, now);
  else kernel.drop(input.key, input.isOpen ? 'superseded' : 'resolved');
  return [...words, ...until(kernel, now)];
}

const silences = fc.uniqueArray(
  fc
    .record({
      id: fc.constantFrom('1', '2', '3', '4', '5'),
      matchers: matchersArbitrary,
      startsAt: fc.integer({ min: 0, max: 40 }),
      forMs: fc.oneof(fc.integer({ min: 1, max: 20 }), fc.constant(Infinity)),
    })
    .map(({ forMs, ...silence }) => ({ ...silence, endsAt: silence.startsAt + forMs })),
  { maxLength: 5, selector: ({ id }) => id },
);

const inputs: fc.Arbitrary<SilenceInput> = fc.oneof(
  fc.record({ kind: fc.constant('set' as const), silences }),
  ...Array.from({ length: 4 }, () =>
    fc.record({
      kind: fc.constant('value' as const),
      key: fc.constantFrom('k', 'l', 'm', 'n'),
      labels: labelsArbitrary,
      isOpen: fc.constantFrom(true, true, false),
    }),
  ),
);

/** In order, with equal times, and times that were set back. */
const traces: fc.Arbitrary<readonly SilenceEvent[]> = fc.array(
  fc.record({ at: fc.integer({ min: 0, max: 40 }), input: inputs }),
  { maxLength: 40, size: 'max' },
);

const first: SilenceEvent = { at: 0, input: { kind: 'set', silences: [] } };

interface Run {
  readonly maxKeys: number;
  /** Before this event the kernel is replaced by one of its snapshot. */
  readonly restartAt?: number;
}

/** What each side says at each step, sorted, because what comes at the same moment has no order. */
function bothSides(events: readonly SilenceEvent[], { maxKeys, restartAt = -1 }: Run) {
  let kernel: Kernel = new SilenceKernel<number, string>({ maxKeys });
  const naive = new NaiveSilenced(maxKeys);
  const [seen, expected]: string[][] = [[], []];
  let now = 0;
  let set: SilenceInput = first.input;
  for (const [value, { at, input }] of [first, ...events, { ...first, at: 60 }].entries()) {
    if (value === restartAt && set.kind === 'set') {
      const snapshot = JSON.parse(JSON.stringify(kernel.snapshot())) as SilenceSnapshot<number, string>;
      kernel = new SilenceKernel<number, string>({ maxKeys }, snapshot);
      kernel.setSilences(set.silences, now);
      kernel.advance(now);
    }
    for (now; now < at; ) {
      now += 1;
      seen!.push(...until(kernel, now).sort());
      expected!.push(...naive.pass(now));
    }
    // The clock may read less than before: time then stands still.
    kernel.advance(now);
    seen!.push(...applied(kernel, input, value, at).sort());
    expected!.push(...naive.apply(input, value, now));
    if (input.kind === 'set') set = input;
  }
  return { seen: seen!, expected: expected! };
}

const ofValues = (word: string) => !/^(started|ended)/.test(word);

describe('SilenceKernel', () => {
  it('does what looking at all silences and all kept values at each millisecond would do', () => {
    fc.assert(
      fc.property(traces, fc.constantFrom(2, 100), (events, maxKeys) => {
        const { seen, expected } = bothSides(events, { maxKeys });
        expect(seen).toEqual(expected);
      }),
      { numRuns: propertyRuns() },
    );
  });

  it('goes on from a snapshot as if nothing had happened', () => {
    fc.assert(
      fc.property(traces, fc.nat(41), (events, restartAt) => {
        const { seen, expected } = bothSides(events, { maxKeys: 100, restartAt });
        expect(seen.filter(ofValues)).toEqual(expected.filter(ofValues));
      }),
      { numRuns: propertyRuns() },
    );
  });

  it('loses nothing: what came in passed, was released, dropped or rejected, or is kept', () => {
    fc.assert(
      fc.property(traces, fc.constantFrom(2, 100), (events, maxKeys) => {
        const { seen } = bothSides(events, { maxKeys });
        const count = (kind: string) => seen.filter((word) => word.startsWith(kind)).length;
        const values = events.filter(({ input }) => input.kind === 'value').length;
        expect(count('passed') + count('muted')).toBe(values);
        // The last set is empty, so that nothing is kept at the end.
        expect(count('released') + count('dropped') + count('rejected')).toBe(count('muted'));
      }),
      { numRuns: propertyRuns() },
    );
  });

  it('mutes from its start until before its end, whether or not a timer ran', () => {
    const kernel = kernelOf([silenceOf('x', 10, 20)]);
    const verdicts = [9, 10, 19, 20].map((now) => kernel.verdict({ a: 'x' }, now));
    expect(verdicts).toEqual([[], ['x'], ['x'], []]);
  });

  it('names all that mute, in the order of the set', () => {
    const kernel = kernelOf([silenceOf('x', 0, 9, 'second'), silenceOf('x', 0, 9, 'first'), silenceOf('y', 0, 9)]);
    expect(kernel.verdict({ a: 'x' }, 5)).toEqual(['second', 'first']);
    kernel.setSilences([silenceOf('x', 0, 9, 'first'), silenceOf('x', 0, 9, 'second')], 5);
    expect(kernel.verdict({ a: 'x' }, 5)).toEqual(['first', 'second']);
  });

  it('says which would match, also before they start', () => {
    const kernel = kernelOf([silenceOf('x', 100, 200), silenceOf('y', 0, 9)]);
    expect(kernel.matching({ a: 'x' })).toEqual([silenceOf('x', 100, 200)]);
    expect(kernel.verdict({ a: 'x' }, 0)).toEqual([]);
  });

  it('goes on without a word when a set says the same again, and when it only prolongs', () => {
    const kernel = kernelOf([silenceOf('x', 0, 10)]);
    expect(until(kernel, 0)).toEqual(['started x']);
    kernel.setSilences([silenceOf('x', 0, 10)], 5);
    kernel.setSilences([silenceOf('x', 0, 30)], 6);
    expect(until(kernel, 29)).toEqual([]);
    expect(until(kernel, 30)).toEqual(['ended x time']);
  });

  it('hands out the silence of the last set, with what it carries', () => {
    const kernel = kernelOf([{ ...silenceOf('x', 0, 10), comment: 'old' } as Silence]);
    kernel.advance(0);
    kernel.setSilences([{ ...silenceOf('x', 0, 10), comment: 'new' } as Silence], 5);
    expect(kernel.advance(10)).toMatchObject([{ kind: 'ended', silence: { comment: 'new' } }]);
  });

  it('keeps what one silence after the other mutes, until the last has ended', () => {
    const kernel = kernelOf([silenceOf('x', 0, 10, '1'), silenceOf('x', 10, 20, '2'), silenceOf('x', 0, 15, '3')]);
    kernel.keep('k', 7, { a: 'x' }, 5);
    expect(until(kernel, 19).filter(ofValues)).toEqual([]);
    expect(until(kernel, 20).filter(ofValues)).toEqual(['released k 7']);
    expect(kernel.keptSize).toBe(0);
  });

  it('waits for the first set before it releases anything from a snapshot', () => {
    const snapshot: SilenceSnapshot<number, string> = { version: 1, kept: [['k', 7, { a: 'x' }]] };
    const kernel = new SilenceKernel<number, string>({}, snapshot);
    expect(kernel.nextDue()).toBe(Infinity);
    expect(until(kernel, 100)).toEqual([]);
    kernel.setSilences([silenceOf('x', 0, 200)], 100);
    expect(until(kernel, 199)).toEqual(['started x']);
    expect(until(kernel, 200)).toEqual(['ended x time', 'released k 7']);
  });

  it('B12 starts and ends after forty days, and years', () => {
    const kernel = kernelOf([silenceOf('x', 40 * day, 4_000 * day)]);
    expect(until(kernel, 40 * day - 1)).toEqual([]);
    expect(until(kernel, 40 * day)).toEqual(['started x']);
    expect(until(kernel, 4_000 * day)).toEqual(['ended x time']);
    expect(kernel.nextDue()).toBe(Infinity);
  });

  it('stands still while the clock reads less than before, and refuses what is no time', () => {
    const kernel = kernelOf([silenceOf('x', 10, 20)]);
    expect(kernel.verdict({ a: 'x' }, 15)).toEqual(['x']);
    expect(kernel.verdict({ a: 'x' }, 5)).toEqual(['x']);
    for (const now of [Number.NaN, Infinity]) expect(() => kernel.verdict({}, now)).toThrow(RangeError);
  });

  it('keeps the set before when one is bad, and names what is wrong', () => {
    const kernel = kernelOf([silenceOf('x', 0, 10)]);
    const bad: readonly [Silence[], string][] = [
      [[silenceOf('y', 5, 5)], 'silences[0].endsAt must be later than its startsAt, received 5 and 5'],
      [[silenceOf('y', Number.NaN, 5)], 'silences[0].startsAt must be a time in milliseconds, received NaN'],
      [[silenceOf('y', Infinity, Infinity)], 'silences[0].startsAt must be finite'],
      [[silenceOf('y', 0, 5), silenceOf('z', 0, 5, 'y')], 'silences[1].id must be unique, received "y" twice'],
      [[{ ...silenceOf('y', 0, 5), matchers: [] }], 'silences[0].matchers must not be empty'],
      [[silenceOf('y', 0, 5, '')], 'silences[0].id must not be empty'],
      [{} as Silence[], 'silences must be an array'],
    ];
    for (const [set, problem] of bad) expect(() => kernel.setSilences(set, 1)).toThrow(problem);
    expect(kernel.verdict({ a: 'x' }, 1)).toEqual(['x']);
    expect(kernel.size).toBe(1);
  });

  it('refuses options and snapshots that it cannot go on with', () => {
    expect(() => new SilenceKernel({ maxKeys: 0 })).toThrow('silence.maxKeys must be an integer from 1');
    expect(() => new SilenceKernel({ overflow: 'evict' as 'error' })).toThrow(
      "silence.overflow must be one of 'reject'",
    );
    expect(() => new SilenceKernel({}, { version: 2 as 1, kept: [] })).toThrow('a state of version 2 cannot be read');
    const kept = [['k', 1, {}] as const, ['l', 2, {}] as const];
    expect(() => new SilenceKernel({ maxKeys: 1 }, { version: 1, kept })).toThrow('more than 1 values kept (maxKeys)');
  });

  it('throws beyond `maxKeys` when `overflow` is `error`', () => {
    const kernel = new SilenceKernel<number, string>({ maxKeys: 1, overflow: 'error' });
    kernel.keep('k', 1, {}, 0);
    kernel.keep('k', 2, {}, 0);
    expect(() => kernel.keep('l', 3, {}, 0)).toThrow('silence: more than 1 values kept (maxKeys)');
  });

  it('releases what has ended when the stream ends, also when the timer is late', () => {
    const kernel = kernelOf([silenceOf('x', 0, 10), silenceOf('y', 0, 20)]);
    kernel.keep('k', 7, { a: 'x' }, 5);
    kernel.keep('l', 8, { a: 'y' }, 5);
    expect(kernel.flush(12).map(inWords).filter(ofValues)).toEqual(['released k 7', 'dropped l 8 complete']);
  });

  it('drops what is kept when the stream ends', () => {
    const kernel = kernelOf([silenceOf('x', 0, 10)]);
    kernel.keep('k', 7, { a: 'x' }, 5);
    expect(kernel.flush(6).map(inWords)).toEqual(['started x', 'dropped k 7 complete']);
  });

  it('spreads a mass release over many short turns', () => {
    const kernel = kernelOf([silenceOf('x', 0, 10)]);
    for (let key = 0; key < 10_000; key += 1) kernel.keep(`k${key}`, key, { a: 'x' }, 5);
    let released = 0;
    let turns = 0;
    for (; kernel.nextDue() <= 10; turns += 1) {
      const notices = kernel.advance(10).filter(({ kind }) => kind === 'released');
      expect(notices.length).toBeLessThanOrEqual(250);
      released += notices.length;
    }
    expect(released).toBe(10_000);
    expect(turns).toBeGreaterThanOrEqual(40);
  });

  it('spreads a mass of ends over many short turns', () => {
    const kernel = kernelOf(Array.from({ length: 1_000 }, (_, at) => silenceOf(`x${at}`, 0, 10)));
    until(kernel, 0);
    for (; kernel.nextDue() <= 10; ) expect(kernel.advance(10).length).toBeLessThanOrEqual(250);
    expect(kernel.size).toBe(0);
  });
});
