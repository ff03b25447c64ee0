import { asTransition } from '../../src/streams/log-entry.js';
import { createNatsDriver } from '../../src/streams/nats.js';
import { categories, stormKey } from './alerts.js';

/** What the event log says of a storm. */
export interface StormLog {
  /** Alerts that were answered, but are not there; or there twice. */
  readonly missing: number;
  readonly admitted: number;
  readonly limited: number;
  /** Most alerts of one category that were admitted within any window. */
  readonly mostInWindow: number;
  /** Times that a category went from admitted to held back. */
  readonly trips: number;
  readonly summaries: number;
  /** Held-back alerts that the summaries count. */
  readonly summedUp: number;
}

/** The wall clock of the events and the clock of the windows round differently. */
const roundingMs = 2;

export async function readStorm(url: string, count: number, windowMs: number): Promise<StormLog> {
  const driver = await createNatsDriver({ urls: [url] });
  const tallies = new Map<string, Tally>(categories.map((name) => [name, new Tally(windowMs)]));
  const opened = new Map<string, number>();
  try {
    for await (const entry of driver.log.read('alert.>')) {
      const event = asTransition(entry)!;
      const { alert } = event;
      if (event.reason === 'rate_summary') tallies.get(String(alert.data['rateKey']))!.sumUp(alert.data);
      else if (event.type === 'opened') {
        opened.set(alert.key, (opened.get(alert.key) ?? 0) + 1);
        tallies.get(alert.category)!.add(alert.admission.verdict === 'admitted', event.time);
      }
    }
  } finally {
    await driver.close();
  }
  let missing = opened.size - count;
  for (let index = 0; index < count; index += 1) if (opened.get(stormKey(index)) !== 1) missing += 1;
  return { missing: Math.abs(missing), ...total([...tallies.values()]) };
}

/** The alerts of one category, in the order of the log. */
class Tally {
  admitted = 0;
  limited = 0;
  mostInWindow = 0;
  trips = 0;
  summaries = 0;
  summedUp = 0;
  readonly #windowMs: number;
  /** When the last ones were admitted. */
  readonly #recent: number[] = [];
  #isTripped = false;

  constructor(windowMs: number) {
    this.#windowMs = windowMs;
  }

  add(admitted: boolean, time: number): void {
    if (admitted) this.#admit(time);
    else this.limited += 1;
    if (!admitted && !this.#isTripped) this.trips += 1;
    this.#isTripped = !admitted;
  }

  sumUp(data: Readonly<Record<string, unknown>>): void {
    this.summaries += 1;
    for (const count of Object.values(data['bySeverity'] as Record<string, number>)) this.summedUp += count;
  }

  #admit(time: number): void {
    this.admitted += 1;
    this.#recent.push(time);
    while (time - this.#recent[0]! >= this.#windowMs - roundingMs) this.#recent.shift();
    this.mostInWindow = Math.max(this.mostInWindow, this.#recent.length);
  }
}

function total(tallies: readonly Tally[]): Omit<StormLog, 'missing'> {
  const sum = (of: (tally: Tally) => number) => tallies.reduce((all, tally) => all + of(tally), 0);
  return {
    admitted: sum((tally) => tally.admitted),
    limited: sum((tally) => tally.limited),
    mostInWindow: Math.max(...tallies.map((tally) => tally.mostInWindow)),
    trips: sum((tally) => tally.trips),
    summaries: sum((tally) => tally.summaries),
    summedUp: sum((tally) => tally.summedUp),
  };
}
