import { timer as rxTimer, type Subscription } from 'rxjs';
import { EscalateKernel } from '../src/operators/escalate.js';
import { TimingWheel } from '../src/operators/parts/timing-wheel.js';
import { bytesHeld, least, nanosecondsEach, type Row, randomFrom, type Scenario, turnCpuMs } from './harness.js';

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
    return [...ours, ...controlRows(delays.subarray(0, 100_000))];
  },
};

function randomDelays(count: number): Float64Array {
  const random = randomFrom(12);
  return Float64Array.from({ length: count }, () => 60_000 + Math.floor(random() * hour));
}

function armed(delays: Float64Array): TimingWheel {
  const wheel = new TimingWheel(delays.length);
  for (let id = 0; id < delays.length; id += 1) wheel.arm(id, delays[id]!, 0);
  return wheel;
}

function wheelRows(delays: Float64Array): Row[] {
  const { bytes, held } = bytesHeld(() => armed(delays));
  const arm = nanosecondsEach(delays.length, () => armed(delays));
  const stall = least(3, () => longestTurn(armed(delays.map(() => hour)), hour));
  return [
    { name: 'arm', value: arm, unit: 'ns', kind: 'ours', budgetKey: 'B12.arm_ns' },
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

function controlRows(delays: Float64Array): Row[] {
  const timeouts: NodeJS.Timeout[] = [];
  const subscriptions: Subscription[] = [];
  const nothing = () => {};
  const timeout = once(delays, (delay) => timeouts.push(setTimeout(nothing, delay)));
  for (const handle of timeouts) clearTimeout(handle);
  const rx = once(delays, (delay) => subscriptions.push(rxTimer(delay).subscribe(nothing)));
  for (const subscription of subscriptions) subscription.unsubscribe();
  return [
    { name: 'setTimeout: arm', value: timeout.ns, unit: 'ns', kind: 'control' },
    { name: 'setTimeout: memory a timer', value: timeout.bytes, unit: 'B', kind: 'control' },
    { name: 'RxJS timer: arm', value: rx.ns, unit: 'ns', kind: 'control' },
    { name: 'RxJS timer: memory a timer', value: rx.bytes, unit: 'B', kind: 'control' },
  ];
}

function once(delays: Float64Array, arm: (delay: number) => void): { ns: number; bytes: number } {
  let ns = 0;
  const { bytes } = bytesHeld(() => {
    const startedAt = performance.now();
    for (const delay of delays) arm(delay);
    ns = ((performance.now() - startedAt) * 1e6) / delays.length;
  });
  return { ns, bytes: bytes / delays.length };
}
