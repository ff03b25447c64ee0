import { bytesInUse, randomFrom } from '../harness.js';
import { Forecast, type Limits } from './forecast.js';
import { Life } from './life.js';
import type { Pace, Question, Study, Way } from './study.js';
import { TurnScheduler } from './turn-scheduler.js';

/** A figure, or in `note` why there is none. */
export interface Answer {
  readonly question: Question;
  readonly size: number;
  readonly value?: number;
  readonly note?: string;
}

export interface Plan {
  readonly sizes: readonly number[];
  readonly limits: Limits;
  /** Events a round. */
  readonly events: number;
  /** Rounds of one figure: so many in any case, at most so many, and the time after which no further one begins. */
  readonly leastRounds: number;
  readonly mostRounds: number;
  readonly roundsMs: number;
}

const living: readonly Question[] = ['event', 'event in sequence', 'create', 'bytes', 'unsubscribe'];
const expiring: readonly Question[] = ['stall', 'bytes left'];
/** More lives of what takes longer would tell nothing new. */
const slowMs = 1_000;
/** What is made once, such as compiled code, is no part of the figures. */
const warmUpSize = 1_000;
/** Filling takes so many events at most: a large state is full after fewer turns than it could be. */
const mostFillEvents = 6_000_000;
/** The least of so many counts. */
const stallRounds = 3;
/** V8 goes on sweeping for a while after it has collected, also on the loop's own thread. */
const sweepMs = 200;

function swept(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, sweepMs));
}

export async function measureWay(study: Study, way: Way, plan: Plan): Promise<Answer[]> {
  const { questions = living } = study;
  await warmUp(study, way, Math.min(warmUpSize, plan.sizes[0]!));
  const answers = await bySize(questions, way, plan, (size, forecast) =>
    measureLives(study, way, size, plan, forecast),
  );
  const asked = answers.filter(({ question }) => questions.includes(question));
  return study.expireMs === undefined ? asked : [...asked, ...(await measureExpiry(study, way, plan))];
}

async function warmUp(study: Study, way: Way, size: number): Promise<void> {
  const life = new Life(study, way, size, study.values(size));
  await life.create();
  life.stop();
}

async function measureExpiry(study: Study, way: Way, plan: Plan): Promise<Answer[]> {
  const { unstalled } = way;
  if (unstalled !== undefined) return plan.sizes.flatMap((size) => refuse(expiring, size, unstalled));
  return bySize(expiring, way, plan, (size, forecast) => measureStall(study, way, size, forecast));
}

/** Ours has to do with any size. */
function refusal({ id, skips }: Way, forecast: Forecast, size: number): string | undefined {
  if (skips !== undefined && size > skips.above) return skips.why;
  return id === undefined ? forecast.refusal(size) : undefined;
}

function refuse(questions: readonly Question[], size: number, why: string): Answer[] {
  return questions.map((question) => ({ question, size, note: `not run: ${why}` }));
}

async function bySize(
  questions: readonly Question[],
  way: Way,
  { sizes, limits }: Plan,
  measure: (size: number, forecast: Forecast) => Promise<Answer[]>,
): Promise<Answer[]> {
  const forecast = new Forecast(limits);
  const answers: Answer[] = [];
  for (const size of sizes) {
    const why = refusal(way, forecast, size);
    answers.push(...(why === undefined ? await measure(size, forecast) : refuse(questions, size, why)));
  }
  return answers;
}

async function measureLives(study: Study, way: Way, size: number, plan: Plan, forecast: Forecast): Promise<Answer[]> {
  const values = study.values(size);
  const orders = { random: randomOrder(plan.events, values.length), sequence: sequence(plan.events, values.length) };
  const before = process.cpuUsage();
  const emptyBytes = bytesInUse();
  const first = new Life(study, way, size, values);
  const created = await first.create();
  if (study.pace !== undefined) await first.timed(randomOrder(fillEvents(study.pace, size), size), Infinity);
  const bytes = bytesInUse() - emptyBytes;
  const lived = cpuMsSince(before);
  const event = await leastOf(plan, (limitMs) => first.timed(orders.random, limitMs));
  const inSequence = await leastOf(plan, (limitMs) => first.timed(orders.sequence, limitMs));
  const stopped = first.stop();
  const isAsked = study.questions?.includes('create') ?? true;
  const again = isAsked && lived < slowMs ? await moreLives(study, way, size, values, plan) : undefined;
  forecast.see(size, (lived + stopped) / 1_000, bytes);
  return [
    { question: 'event', size, value: event },
    { question: 'event in sequence', size, value: inSequence },
    { question: 'create', size, value: Math.min(created, again?.create ?? Infinity) },
    { question: 'bytes', size, value: bytes / size },
    { question: 'unsubscribe', size, value: Math.min(stopped, again?.stop ?? Infinity) },
  ];
}

async function moreLives(study: Study, way: Way, size: number, values: readonly unknown[], plan: Plan) {
  const best = { create: Infinity, stop: Infinity };
  await leastOf(plan, async () => {
    const life = new Life(study, way, size, values);
    best.create = Math.min(best.create, await life.create());
    best.stop = Math.min(best.stop, life.stop());
    return 0;
  });
  return best;
}

async function measureStall(study: Study, way: Way, size: number, forecast: Forecast): Promise<Answer[]> {
  const values = study.values(size);
  const emptyBytes = bytesInUse();
  let longest = Infinity;
  let left = 0;
  for (let round = 0; round < stallRounds; round += 1) {
    const before = process.cpuUsage();
    const life = new Life(study, way, size, values, new TurnScheduler());
    await life.create();
    // Collected, so that no turn pays for what the creation left behind.
    const bytes = bytesInUse() - emptyBytes;
    await swept();
    longest = Math.min(longest, life.longestTurnOfExpiry());
    const spent = cpuMsSince(before);
    if (round === 0) {
      left = bytesInUse() - emptyBytes;
      forecast.see(size, spent / 1_000, bytes);
    }
    life.stop();
    if (spent > slowMs && way.id === undefined) break;
  }
  return [
    { question: 'stall', size, value: longest },
    { question: 'bytes left', size, value: Math.max(0, left / size) },
  ];
}

/** The first round warms up. */
async function leastOf(plan: Plan, measure: (limitMs: number) => Promise<number>): Promise<number> {
  const { leastRounds, mostRounds, roundsMs } = plan;
  const stopAt = performance.now() + roundsMs;
  await measure(roundsMs);
  let least = Infinity;
  for (let round = 0; round < leastRounds || (round < mostRounds && performance.now() < stopAt); round += 1) {
    least = Math.min(least, await measure(roundsMs));
  }
  return least;
}

/** The machine may have other things to do. */
function cpuMsSince(before: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1_000;
}

function fillEvents({ events, fillTurns }: Pace, size: number): number {
  const aTurn = size * events;
  return Math.max(aTurn, Math.min(aTurn * fillTurns, mostFillEvents));
}

/** An order that no cache could follow. */
function randomOrder(events: number, size: number): Int32Array {
  const random = randomFrom(7);
  return Int32Array.from({ length: Math.max(events, size) }, () => Math.floor(random() * size));
}

function sequence(events: number, size: number): Int32Array {
  return Int32Array.from({ length: Math.max(events, size) }, (_, i) => i % size);
}
