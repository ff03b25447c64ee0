import { Subject, VirtualTimeScheduler } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { narrate } from '../../../src/cli/demo/narrator.js';
import type { AlertEvent } from '../../../src/model/view.js';

describe('the narrator of the demo', () => {
  it('says once per alert that repeats were folded', () => {
    const { events, lines } = narrated();
    for (let count = 1; count <= 9; count++) events.next(event({ type: 'updated', id: 'a', count }));
    expect(lines).toEqual([expect.stringMatching(/^[\d:]{8} {2}≡ FOLDED {4}Customers wait {2}shop {2}3 repeats: /)]);
    for (let count = 1; count <= 9; count++) events.next(event({ type: 'updated', id: 'b', count }));
    expect(lines).toHaveLength(2);
  });

  it('says what to do next once, after the console had its say about the end', () => {
    const { events, lines, scheduler } = narrated();
    const end = event({ type: 'resolved', id: 'a', metric: 'demo.latency' });
    events.next(event({ type: 'opened', id: 'a', metric: 'demo.latency' }));
    events.next(end);
    expect(lines).toEqual([]);
    scheduler.flush();
    events.next(end);
    scheduler.flush();
    expect(lines).toEqual(['do this']);
  });

  it('does not take the end of an earlier run for the end of the story', () => {
    const { events, lines, scheduler } = narrated();
    events.next(event({ type: 'resolved', id: 'old', metric: 'demo.latency' }));
    scheduler.flush();
    expect(lines).toEqual([]);
  });

  it('keeps quiet about alerts that are not of the demo', () => {
    const { events, lines } = narrated();
    events.next(event({ type: 'updated', id: 'a', count: 50, category: 'system' }));
    expect(lines).toEqual([]);
  });
});

function narrated() {
  const events = new Subject<AlertEvent>();
  const scheduler = new VirtualTimeScheduler();
  const lines: string[] = [];
  events.pipe(narrate(['do this'], scheduler)).subscribe((line) => lines.push(line));
  return { events, lines, scheduler };
}

interface Facts {
  readonly type: AlertEvent['type'];
  readonly id: string;
  readonly count?: number;
  readonly metric?: string;
  readonly category?: string;
}

function event({ type, id, count = 1, metric, category = 'demo' }: Facts): AlertEvent {
  const alert = {
    id,
    count,
    category,
    title: 'Customers wait',
    source: 'shop',
    ...(metric === undefined ? {} : { metric }),
  };
  return { seq: 1, type, time: 0, reason: 'test', alert: alert as AlertEvent['alert'] };
}
