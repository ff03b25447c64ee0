import { describe, expect, it } from 'vitest';
import type { AlertRecord } from '../../src/model/alert.js';
import { silentLogger } from '../../src/model/logger.js';
import { deadlineTimer, rungTimer } from '../../src/streams/alert-timers.js';
import { ArmedTimers } from '../../src/streams/armed-timers.js';
import { timerAudit } from '../../src/streams/audit.js';
import { chain, OneKey, raised } from '../support/decision.js';
import { VirtualClock } from '../support/virtual-clock.js';

function watch(records: AlertRecord[]) {
  const clock = new VirtualClock();
  const rungs = new ArmedTimers();
  const deadlines = new ArmedTimers();
  const said: string[] = [];
  const audit = { rearmed: [] as string[], counted: 0, isWell: true };
  timerAudit({
    records: () => records.map((record) => ({ record })),
    ...{ rungs, deadlines, scheduler: clock.scheduler },
    logIsWell: () => audit.isWell,
    logger: { ...silentLogger, error: (_fields, message) => said.push(message) },
    onRearmed: () => audit.counted++,
  }).subscribe(({ id }) => audit.rearmed.push(id));
  return { clock, rungs, deadlines, said, audit };
}

function openAlert(fields: Partial<AlertRecord> = {}): AlertRecord {
  const key = new OneKey();
  key.give(raised());
  return { ...key.record!, chain, escalation: { level: 0, nextAt: key.now + 1_000 }, ...fields };
}

describe('the audit of timers', () => {
  it('F1 an open alert whose next timer is missing is told, counted, and armed again within a minute', () => {
    const record = openAlert();
    const { clock, said, audit } = watch([record]);
    clock.advance(59_999);
    expect(audit.rearmed).toEqual([]);
    clock.advance(1);
    expect(audit).toMatchObject({ rearmed: [record.id], counted: 1 });
    expect(said).toEqual(['the next timer of an open alert was missing: it is armed again']);
  });

  it('F1 finds nothing where the ladder and the deadline of a record are armed, and nothing of what is over', () => {
    const record = openAlert();
    const { clock, rungs, deadlines, audit } = watch([record, openAlert({ state: 'resolved' })]);
    rungs.note(record, rungTimer(record)!, 0);
    deadlines.note(record, deadlineTimer(record)!, 0);
    clock.advance(300_000);
    expect(audit.rearmed).toEqual([]);
    rungs.forget(record.keyHash);
    clock.advance(60_000);
    expect(audit.rearmed).toEqual([record.id]);
  });

  it('leaves alone what moves between two looks, and everything while the log refuses', () => {
    const records = [openAlert()];
    const { clock, audit } = watch(records);
    clock.advance(30_000);
    records[0] = openAlert({ n: 2 });
    clock.advance(30_000);
    expect(audit.rearmed).toEqual([]);
    audit.isWell = false;
    clock.advance(300_000);
    expect(audit.rearmed).toEqual([]);
  });

  it('looks at a mass of alerts in turns, at each once', () => {
    const records = Array.from({ length: 12_000 }, (_, i) => openAlert({ id: `a${i}`, keyHash: `k${i}` }));
    const { clock, audit } = watch(records);
    clock.advance(60_000);
    expect(audit.rearmed).toHaveLength(12_000);
    expect(new Set(audit.rearmed).size).toBe(12_000);
  });
});
