import { describe, expect, it } from 'vitest';
import { encodings } from '../../src/gateway/encodings.js';
import { type LaneOwner, Outbox } from '../../src/gateway/outbox.js';
import { FakeTransport } from '../support/fake-transport.js';

const encoding = encodings['tocsin.v1.json'];
const frame = (ref: number, padding = '') => encoding.message({ op: 'ok', ref, result: padding });

class Owner implements LaneOwner {
  readonly seqs: number[] = [];

  written(seq: number): void {
    this.seqs.push(seq);
  }
}

function setUp(limits = { alertLaneEvents: 3, alertLaneBytes: 1_000 }) {
  const transport = new FakeTransport();
  return { transport, owner: new Owner(), outbox: new Outbox(transport, encoding, limits) };
}

function refs({ messages }: FakeTransport): number[] {
  return messages.map((message) => ('ref' in message ? message.ref! : -1));
}

describe('outbox', () => {
  it('writes one frame: control, then alerts, then rows', () => {
    const { transport, owner, outbox } = setUp();
    outbox.rows(owner, frame(3));
    outbox.alert(owner, 1, frame(2));
    outbox.control(frame(1));
    expect(outbox.flush()).toBeGreaterThan(0);
    expect(transport.frames).toHaveLength(1);
    expect(refs(transport)).toEqual([1, 2, 3]);
    expect(outbox.flush()).toBe(0);
  });

  it('keeps alerts back while bytes wait in the socket, but not control', () => {
    const { transport, owner, outbox } = setUp();
    transport.blocked = true;
    outbox.alert(owner, 7, frame(2));
    outbox.control(frame(1));
    outbox.flush();
    expect(refs(transport)).toEqual([1]);
    expect(owner.seqs).toEqual([]);
    transport.blocked = false;
    outbox.flush();
    expect(refs(transport)).toEqual([1, 2]);
    expect(owner.seqs).toEqual([7]);
  });

  it('refuses an alert when the lane holds as many events as allowed', () => {
    const { transport, owner, outbox } = setUp();
    transport.blocked = true;
    expect([1, 2, 3, 4].map((seq) => outbox.alert(owner, seq, frame(seq)))).toEqual([true, true, true, false]);
  });

  it('refuses an alert when the lane holds as many bytes as allowed, but takes a single large one', () => {
    const { owner, outbox } = setUp();
    expect(outbox.alert(owner, 1, frame(1, 'x'.repeat(2_000)))).toBe(true);
    expect(outbox.alert(owner, 2, frame(2))).toBe(false);
  });

  it('counts the room of the lane anew when an owner takes its alerts back', () => {
    const { transport, owner, outbox } = setUp();
    const other = new Owner();
    transport.blocked = true;
    outbox.alert(owner, 1, frame(1, 'x'.repeat(900)));
    outbox.drop(owner);
    expect(outbox.alert(other, 2, frame(2, 'x'.repeat(900)))).toBe(true);
    transport.blocked = false;
    outbox.flush();
    expect(refs(transport)).toEqual([2]);
  });

  it('takes back the rows of one owner, and leaves those of the others', () => {
    const { transport, owner, outbox } = setUp();
    const other = new Owner();
    outbox.rows(owner, frame(1));
    outbox.rows(other, frame(2));
    outbox.rows(owner, frame(3));
    outbox.drop(owner);
    outbox.rows(owner, frame(4));
    outbox.flush();
    expect(refs(transport)).toEqual([2, 4]);
  });

  it('takes a long lane in several frames', () => {
    const { transport, owner, outbox } = setUp({ alertLaneEvents: 100, alertLaneBytes: 10_000_000 });
    for (let seq = 1; seq <= 6; seq++) outbox.alert(owner, seq, frame(seq, 'x'.repeat(100_000)));
    outbox.flush();
    expect(refs(transport)).toEqual([1, 2, 3]);
    outbox.flush();
    expect(refs(transport)).toEqual([1, 2, 3, 4, 5, 6]);
  });
});
