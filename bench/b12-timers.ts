import { timer as rxTimer } from 'rxjs';
import { EscalateKernel } from '../src/operators/escalate.js';
import { TimingWheel } from '../src/operators/parts/timing-wheel.js';
import {
  bytesHeld,
  least,
  nanosecondsEach,
  type Row,
  randomFrom,
  type Scenario,
  turnCpuMs,
  watchTurns,
} from './harness.js';

const hour = 3_600_000;
/** What the escalation kernel takes a tick. */
const expiriesPerTick = 1_000;

export const scenario: Scenario = {
  id: 'B12',
  title: 'pending escalation timers',
  quick: false,
  async run({ quick, log }) {
    const count = quick ? 100_000 : 1_000_000;
    const delays = randomDelays(count);
    log(`${count} timers on one wheel`);
    const ours = wheelRows(delays);
    log(`${count} open items of escalate`);
    ours.push(...escalateRows(count));
    log('the same with setTimeout and RxJS timer');
    return [...ours, ...(await controlRows(delays.subarray(0, 100_000)))];
  },
};

function randomDelays(count: number): Float64Array {
  const random = randomFrom(12);
  return Float64Array.from({ length: count }, () => 60_000 + Math.floor(random() * hour));
}

function armed(delays: Float64Array): TimingWheel {
  const wheel = new TimingWheel(delays.length);
  armAll(wheel, delays);
  return wheel;
}

function armAll(wheel: TimingWheel, delays: Float64Array): void {
  for (let id = 0; id < delays.length; id += 1) wheel.arm(id, delays[id]!, 0);
}

function cancelNs(delays: Float64Array): number {
  return least(3, () => {
    const wheel = armed(delays);
    const ms = turnCpuMs(() => {
      for (let id = 0; id < delays.length; id += 1) wheel.arm(id, Infinity, 0);
    });
    return (ms * 1e6) / delays.length;
  });
}

function wheelRows(delays: Float64Array): Row[] {
  const { bytes, held } = bytesHeld(() => armed(delays));
  const arm = nanosecondsEach(delays.length, () => armed(delays));
  const again = nanosecondsEach(delays.length, () => armAll(held, delays));
  const cancel = cancelNs(delays);
  const stall = least(3, () => longestTurn(armed(delays.map(() => hour)), hour));
  return [
    { name: 'arm', value: arm, unit: 'ns', kind: 'ours', budgetKey: 'B12.arm_ns' },
    { name: 'arm again, later', value: again, unit: 'ns', kind: 'ours' },
    { name: 'cancel', value: cancel, unit: 'ns', kind: 'ours' },
    { name: 'memory a timer', value: bytes / held.size, unit: 'B', kind: 'ours', budgetKey: 'B12.bytes' },
    { name: 'all expire at one moment, longest turn', value: stall, unit: 'ms CPU', kind: 'ours' },
  ];
}

function longestTurn(wheel: TimingWheel, now: number): number {
  let expired = 0;
  const turn = () => wheel.advance(now, () => (expired += 1), expiriesPerTick);
  return longestOf(turn, () => wheel.size > 0);
}

function longestOf(turn: () => void, more: () => boolean): number {
  let longest = 0;
  while (more()) longest = Math.max(longest, turnCpuMs(turn));
  return longest;
}

const ladder = { steps: [{ afterMs: hour }] };

function escalateRows(count: number): Row[] {
  const { bytes } = bytesHeld(() => opened(count));
  const open = nanosecondsEach(count, () => opened(count));
  const stall = least(3, () => {
    const kernel = opened(count);
    return longestOf(
      () => kernel.advance(hour),
      () => kernel.nextDue() <= hour,
    );
  });
  return [
    { name: 'escalate: open', value: open, unit: 'ns', kind: 'ours' },
    { name: 'escalate: memory an open item', value: bytes / count, unit: 'B', kind: 'ours' },
    {
      name: 'escalate: all steps due at one moment, longest turn',
      value: stall,
      unit: 'ms CPU',
      kind: 'ours',
      budgetKey: 'B12.stall_ms',
    },
  ];
}

function opened(count: number): EscalateKernel<number, number> {
  const kernel = new EscalateKernel<number, number>({ maxKeys: count });
  for (let key = 0; key < count; key += 1) kernel.open(key, key, ladder, 0);
  return kernel;
}

type Arm = (work: () => void, delayMs: number) => () => void;

const armTimeout: Arm = (work, delayMs) => {
  const handle = setTimeout(work, delayMs);
  return () => clearTimeout(handle);
};

const armRx: Arm = (work, delayMs) => {
  const subscription = rxTimer(delayMs).subscribe(work);
  return () => subscription.unsubscribe();
};

async function controlRows(delays: Float64Array): Promise<Row[]> {
  return [...(await rowsOf('setTimeout', armTimeout, delays)), ...(await rowsOf('RxJS timer', armRx, delays))];
}

async function rowsOf(name: string, arm: Arm, delays: Float64Array): Promise<Row[]> {
  let ns = 0;
  const { bytes, held } = bytesHeld(() => {
    const cancels: (() => void)[] = new Array(delays.length);
    ns = cpuNsEach(delays.length, (i) => {
      cancels[i] = arm(nothing, delays[i]!);
    });
    return cancels;
  });
  const cancel = cpuNsEach(delays.length, (i) => held[i]!());
  const stall = await stallOf(arm, delays.length);
  const row = (what: string, value: number, unit: string): Row => ({
    name: `${name}: ${what}, ${delays.length} timers`,
    value,
    unit,
    kind: 'control',
  });
  return [
    row('arm', ns, 'ns'),
    row('cancel', cancel, 'ns'),
    row('memory a timer', bytes / delays.length, 'B'),
    row('all expire at one moment, longest turn', stall, 'ms CPU'),
  ];
}

const nothing = () => {};

/** Once: timers of the process cannot be put forward. */
function cpuNsEach(count: number, work: (i: number) => void): number {
  const ms = turnCpuMs(() => {
    for (let i = 0; i < count; i += 1) work(i);
  });
  return (ms * 1e6) / count;
}

/** Far enough ahead that all are armed before the first is due. */
const stallAfterMs = 2_000;

async function stallOf(arm: Arm, count: number): Promise<number> {
  let expired = 0;
  const allExpired = new Promise<void>((resolve) => {
    const work = () => {
      expired += 1;
      if (expired === count) resolve();
    };
    for (let i = 0; i < count; i += 1) arm(work, stallAfterMs);
  });
  await new Promise((resolve) => setImmediate(resolve));
  const turns = watchTurns();
  await allExpired;
  await new Promise((resolve) => setImmediate(resolve));
  return turns.stop();
}
