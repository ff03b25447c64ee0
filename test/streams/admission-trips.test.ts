import { VirtualTimeScheduler } from 'rxjs';
import { describe, expect, it } from 'vitest';
import type { SummaryInput } from '../../src/model/decision/index.js';
import type { StoredEvent } from '../../src/model/event.js';
import { AdmissionGate } from '../../src/streams/admission.js';
import { contentHash } from '../../src/streams/hash.js';

/** A gate of one alert in half a second, with a cooldown of a second. */
function gate() {
  const scheduler = new VirtualTimeScheduler();
  const rateLimit = { key: 'category', windows: [{ max: 1, perMs: 500 }], cooldownMs: 1_000 };
  const dedupe = { windowMs: 0, key: [] };
  const admission = new AdmissionGate({ rateLimit, dedupe, clock: { wall: () => scheduler.now() }, scheduler });
  const summaries: SummaryInput[] = [];
  admission.summaries$.subscribe((summary) => summaries.push(summary));
  const pass = (ms: number) => {
    scheduler.maxFrames = scheduler.now() + ms;
    scheduler.schedule(() => {}, ms);
    scheduler.flush();
  };
  return { admission, summaries, pass, now: () => scheduler.now() };
}

function refused(n: number, time: number): StoredEvent {
  const id = `refused-${n}`;
  const alert = {
    ...{
      id,
      n: 1,
      keyHash: contentHash([id]).slice(0, 16),
      origin: 'outside',
      severity: 'high',
      category: 'risk',
      source: 'desk',
    },
    ...{ labels: {}, tags: [], data: {}, title: id, message: '', state: 'active', channels: ['log'] },
    admission: { verdict: 'rate_limited', at: time, rateKey: 'risk' },
  };
  return { v: 1, type: 'opened', time, reason: 'rate_limited', alert } as unknown as StoredEvent;
}

describe('what a tripped rate key holds back', () => {
  it('P12 counts from the decision: a write that is confirmed after the reopening does not trip the key again', () => {
    const { admission, summaries, pass, now } = gate();
    admission.commit({ rateKey: 'risk' }, 'first', now());
    const events = [1, 2].map((n) => refused(n, now()));
    for (const event of events) admission.holdBack(event, now());
    pass(1_000);
    expect(summaries.map(({ bySeverity }) => bySeverity)).toEqual([{ high: 2 }]);
    for (const event of events) admission.stored(event, now());
    expect(admission.ask({ rateKey: 'risk' }, now()).verdict).toBe('admitted');
    pass(10_000);
    expect(summaries).toHaveLength(1);
  });

  it('P12 is in the next summary when it comes while the last one is on its way to the log', () => {
    const { admission, summaries, pass, now } = gate();
    admission.commit({ rateKey: 'risk' }, 'first', now());
    admission.holdBack(refused(1, now()), now());
    pass(1_000);
    const { key, rateKey } = summaries[0]!;
    admission.commit({ rateKey: 'risk' }, 'second', now());
    admission.holdBack(refused(2, now()), now());
    const alert = { ...refused(3, now()).alert, id: 'summary', key, data: { rateKey } };
    admission.stored({ ...refused(3, now()), reason: 'rate_summary', alert }, now());
    pass(1_000);
    expect(summaries.map(({ bySeverity }) => bySeverity)).toEqual([{ high: 1 }, { high: 1 }]);
  });

  it('P12 is not summed up when it could not be stored, and its sender was told so', () => {
    const { admission, summaries, pass, now } = gate();
    admission.commit({ rateKey: 'risk' }, 'first', now());
    admission.holdBack(refused(1, now()), now());
    admission.release(admission.holdBack(refused(2, now()), now()));
    pass(1_000);
    expect(summaries.map(({ bySeverity }) => bySeverity)).toEqual([{ high: 1 }]);
  });

  it('P12 is counted once after a restart, in whatever order the log has it', () => {
    const { admission, summaries, pass } = gate();
    const taken = { ...refused(0, 0), reason: 'raised', notify: ['log'] } as StoredEvent;
    admission.restore([refused(2, 20), taken, refused(1, 10)], []);
    pass(1_020);
    expect(summaries).toMatchObject([{ bySeverity: { high: 2 }, trippedAt: 10 }]);
  });
});
