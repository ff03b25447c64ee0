import { VirtualTimeScheduler } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { type Outgoing, publishTo, storyMessages } from '../../../src/cli/demo/publisher.js';
import { demoReading, story } from '../../../src/cli/demo/story.js';

describe('the demo story', () => {
  it('stays clear of its limit when calm, above it under load, and below the clear level afterwards', () => {
    const values = (from: number, to: number) => range(from, to, 50).map((at) => demoReading(at).value);
    expect(Math.max(...values(0, story.loadFromMs))).toBeLessThan(story.clear);
    expect(Math.min(...values(story.loadFromMs + 500, story.loadToMs))).toBeGreaterThan(story.limit);
    expect(Math.max(...values(story.loadToMs + 500, story.periodMs))).toBeLessThan(story.clear);
  });

  it('crosses the limit within 5.5 s of the start and stays over it long enough to escalate', () => {
    const crossing = range(0, 10_000, story.sampleEveryMs).find((at) => demoReading(at).value > story.limit)!;
    expect(crossing).toBeLessThan(5_500);
    expect(story.loadToMs - crossing).toBeGreaterThan(story.escalateAfterMs + 2_000);
  });

  it('is told again after one period', () => {
    const crossings = range(0, 2 * story.periodMs, story.sampleEveryMs).filter(
      (at) => demoReading(at).value > story.limit && demoReading(at - story.sampleEveryMs).value <= story.limit,
    );
    expect(crossings).toHaveLength(2);
  });

  it('raises one alert again and again while loaded and resolves it once', () => {
    const raises = messagesOf(60_000).filter(({ subject }) => subject === 'alerts.demo');
    const bodies = raises.map(({ body }) => body as { key: string; status?: string });
    expect(bodies.length).toBeGreaterThan(10);
    expect(new Set(bodies.map(({ key }) => key))).toEqual(new Set([story.raiseKey]));
    expect(bodies.filter(({ status }) => status === 'resolved')).toEqual([bodies.at(-1)]);
  });

  it('publishes samples that any client could have published', () => {
    const published: [string, unknown][] = [];
    const bus = { publish: (subject: string, data: Uint8Array) => void published.push([subject, decode(data)]) };
    const scheduler = new VirtualTimeScheduler(undefined, 1_000);
    storyMessages(scheduler, () => 1_700_000_000_000)
      .pipe(publishTo(bus))
      .subscribe();
    scheduler.flush();
    const [subject, body] = published[0]!;
    expect(subject).toBe('metrics.shop.demo.latency');
    expect(body).toEqual({ value: expect.any(Number), time: 1_700_000_000_000, unit: 'ms' });
  });
});

function messagesOf(ms: number): Outgoing[] {
  const scheduler = new VirtualTimeScheduler(undefined, ms);
  const messages: Outgoing[] = [];
  storyMessages(scheduler).subscribe((message) => messages.push(message));
  scheduler.flush();
  return messages;
}

function range(from: number, to: number, step: number): number[] {
  return Array.from({ length: Math.floor((to - from) / step) }, (_, i) => from + i * step);
}

function decode(data: Uint8Array): unknown {
  return JSON.parse(new TextDecoder().decode(data));
}
