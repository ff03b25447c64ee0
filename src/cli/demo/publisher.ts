import {
  exhaustMap,
  finalize,
  interval,
  map,
  merge,
  mergeMap,
  type Observable,
  type SchedulerLike,
  tap,
  timer,
} from 'rxjs';
import { seriesSubject } from '../../model/series.js';
import type { Bus } from '../../streams/ports.js';
import { createHostMetrics } from './host-metrics.js';
import type { Reading } from './reading.js';
import { demoRaise, demoReading, story } from './story.js';

/** A message as any NATS client in any language would publish it. */
export interface Outgoing {
  readonly subject: string;
  readonly body: unknown;
}

const hostEveryMs = 1_000;

/** Measures this machine once a second, as `metrics.<source>.<name>`. */
export function hostMessages(source: string, wall: () => number = Date.now): Observable<Outgoing> {
  const host = createHostMetrics();
  return timer(0, hostEveryMs).pipe(
    exhaustMap(() => host.read()),
    mergeMap((readings) => readings.map((reading) => sampleMessage(source, reading, wall()))),
    finalize(() => host.close()),
  );
}

/** The made-up shop: its latency as samples, and the alerts that it raises itself. */
export function storyMessages(scheduler?: SchedulerLike, wall: () => number = Date.now): Observable<Outgoing> {
  const samples = interval(story.sampleEveryMs, scheduler).pipe(
    map((tick) => sampleMessage(story.source, demoReading((tick + 1) * story.sampleEveryMs), wall())),
  );
  const raises = interval(story.raiseEveryMs, scheduler).pipe(
    map((tick) => demoRaise((tick + 1) * story.raiseEveryMs)),
    mergeMap((body) => (body === undefined ? [] : [{ subject: `alerts.${story.category}`, body }])),
  );
  return merge(samples, raises);
}

/** Publishes each message as JSON. */
export function publishTo(bus: Pick<Bus, 'publish'>): (messages: Observable<Outgoing>) => Observable<Outgoing> {
  const encoder = new TextEncoder();
  return tap(({ subject, body }) => bus.publish(subject, encoder.encode(JSON.stringify(body))));
}

function sampleMessage(source: string, { name, value, unit }: Reading, time: number): Outgoing {
  const body = { value, time, ...(unit === '' ? {} : { unit }) };
  return { subject: seriesSubject(name, source), body };
}
