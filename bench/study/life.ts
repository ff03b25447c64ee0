import { asyncScheduler } from 'rxjs';
import { turnCpuMs } from '../harness.js';
import type { Running, Study, Way } from './study.js';
import { TurnScheduler } from './turn-scheduler.js';

/** Between two looks at the clock. */
const sliceEvents = 200;

/** One run of a way, from its start to its end, at one size. */
export class Life {
  private readonly study: Study;
  private readonly way: Way;
  private readonly values: readonly unknown[];
  private readonly running: Running<unknown>;
  /** Absent when no time passes: the way then runs on timers of the process, as in use. */
  private readonly clock: TurnScheduler | undefined;
  private sinceTurn = 0;

  constructor(study: Study, way: Way, size: number, values: readonly unknown[], clock = clockOf(study)) {
    this.study = study;
    this.way = way;
    this.values = values;
    this.clock = clock;
    this.running = way.start({ size, scheduler: clock ?? asyncScheduler });
  }

  /** The first event of each key: CPU nanoseconds each. */
  async create(): Promise<number> {
    const before = this.running.outputs();
    const ns = await this.timed(Int32Array.from(this.values.keys()), Infinity);
    this.requireOutputs(this.running.outputs() - before, this.study.outputs?.fresh, 'fresh');
    return ns;
  }

  /** CPU nanoseconds an event, in the given order; maybe not all of it, when it takes more than `limitMs`. */
  async timed(order: Int32Array, limitMs: number): Promise<number> {
    const { running, values } = this;
    const perTurn = this.eventsPerTurn();
    const stopAt = performance.now() + limitMs;
    const before = process.cpuUsage();
    let done = 0;
    while (done < order.length) {
      const end = Math.min(order.length, done + sliceEvents, done + perTurn - this.sinceTurn);
      feedSlice(running, values, order, done, end);
      this.sinceTurn += end - done;
      done = end;
      if (this.sinceTurn >= perTurn) this.passTurn();
      if (running.settle !== undefined) await running.settle();
      if (performance.now() > stopAt && (this.sinceTurn === 0 || perTurn === Infinity)) break;
    }
    const { user, system } = process.cpuUsage(before);
    return ((user + system) * 1_000) / done;
  }

  /** CPU milliseconds of the longest turn of the loop, when all that is there comes to its end at one moment. */
  longestTurnOfExpiry(): number {
    const before = this.running.outputs();
    this.clock!.skip(this.study.expireMs!);
    let longest = 0;
    let more = true;
    const turn = () => {
      more = this.clock!.turn();
    };
    while (more) longest = Math.max(longest, turnCpuMs(turn));
    this.requireOutputs(this.running.outputs() - before, this.study.outputs?.expired, 'expired');
    return longest;
  }

  /** CPU milliseconds. */
  stop(): number {
    return turnCpuMs(() => this.running.stop());
  }

  private eventsPerTurn(): number {
    const { pace } = this.study;
    return pace === undefined ? Infinity : this.values.length * pace.events;
  }

  private passTurn(): void {
    this.sinceTurn = 0;
    this.clock!.skip(this.study.pace!.turnMs);
    while (this.clock!.turn());
  }

  private requireOutputs(outputs: number, each: number | undefined, when: string): void {
    if (each === undefined || outputs === each * this.values.length) return;
    const wanted = each * this.values.length;
    throw new Error(`${this.way.name}: ${outputs} outputs of ${this.values.length} ${when} keys, not ${wanted}`);
  }
}

function clockOf({ pace }: Study): TurnScheduler | undefined {
  return pace === undefined ? undefined : new TurnScheduler();
}

function feedSlice(
  running: Running<unknown>,
  values: readonly unknown[],
  order: Int32Array,
  from: number,
  to: number,
): void {
  for (let i = from; i < to; i += 1) running.feed(values[order[i]!]!);
}
