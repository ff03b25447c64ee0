import { describe, expect, it } from 'vitest';
import type { AlertRecord } from '../../src/model/alert.js';
import { CommonParts } from '../../src/streams/common-parts.js';
import { OneKey, raised } from '../support/decision.js';

const record = (fields: Partial<AlertRecord>): AlertRecord => ({ ...new OneKey().event(raised()).alert, ...fields });

describe('the parts that records have in common', () => {
  it('B11 changes nothing that a record says', () => {
    const parts = new CommonParts();
    const plain = record({});
    const full = record({
      tags: ['a', 'b'],
      data: { x: 1 },
      channels: ['log', 'hook'],
      notified: ['log'],
      routes: ['r1'],
      escalation: { level: 0, nextAt: 5 },
    });
    expect(parts.of(plain)).toEqual(plain);
    expect(parts.of(full)).toEqual(full);
    expect(Object.keys(parts.of(plain))).toEqual(Object.keys(plain));
  });

  it('B11 holds one list where many records have an equal one, and never one for another', () => {
    const parts = new CommonParts();
    const [a, b] = [parts.of(record({ channels: ['log', 'hook'] })), parts.of(record({ channels: ['log', 'hook'] }))];
    expect(a.channels).toBe(b.channels);
    const odd = parts.of(record({ tags: ['log\u0000hook'] }));
    expect(odd.tags).toEqual(['log\u0000hook']);
    expect(parts.of(record({ tags: ['\u0000', ''] })).tags).toEqual(['\u0000', '']);
    expect(parts.of(record({ tags: ['', '\u0000'] })).tags).toEqual(['', '\u0000']);
  });

  it('F8 holds no more lists than it may, whatever comes', () => {
    const parts = new CommonParts();
    const first = parts.of(record({ tags: ['first'] })).tags;
    for (let i = 0; i < 1_000; i++) parts.of(record({ tags: [`tag-${i}`] }));
    expect(parts.of(record({ tags: ['first'] })).tags).not.toBe(first);
  });
});
