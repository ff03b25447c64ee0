import { describe, expect, it } from 'vitest';
import { Credit } from '../../src/gateway/credit.js';

const kilobytes = 1024;

class Client {
  readonly credit = new Credit();
  #now = 0;

  now(): number {
    return this.#now;
  }

  pass(ms: number): this {
    this.#now += ms;
    return this;
  }

  send(frames: number, bytes: number): this {
    for (let i = 0; i < frames; i++) this.credit.sent(bytes, this);
    return this;
  }

  see(frame: number): this {
    this.credit.seen(frame, this.#now);
    return this;
  }

  get behind(): boolean {
    return this.credit.behind(this);
  }

  get expired(): boolean {
    return this.credit.expired(this.#now);
  }
}

describe('credit', () => {
  it('does not bind a client that never says what it has seen', () => {
    const client = new Client().send(1_000, 64 * kilobytes).pass(100_000);
    expect([client.behind, client.expired]).toEqual([false, false]);
  });

  it('holds a client back that has had much for long and has not seen it', () => {
    const client = new Client()
      .see(0)
      .send(3, 30 * kilobytes)
      .pass(2_000);
    expect(client.behind).toBe(false);
    expect(client.pass(600).behind).toBe(true);
  });

  it('goes on as soon as it has seen enough', () => {
    const client = new Client()
      .see(0)
      .send(1, 80 * kilobytes)
      .pass(3_000)
      .send(1, 10);
    expect(client.behind).toBe(true);
    expect(client.see(1).behind).toBe(false);
  });

  it('does not hold back for little, however long ago', () => {
    const client = new Client().see(0).send(10, 100).pass(30_000);
    expect(client.behind).toBe(false);
  });

  it('holds back at once when very much is unseen', () => {
    expect(new Client().see(0).send(50, 64 * kilobytes).behind).toBe(true);
  });

  it('expires a client that once said something and is silent for a minute about what it was sent', () => {
    const client = new Client().see(0).pass(120_000).send(1, 10).pass(59_000);
    expect(client.expired).toBe(false);
    expect(client.pass(2_000).expired).toBe(true);
    expect(client.see(1).expired).toBe(false);
  });

  it('takes no credit for frames that were never sent', () => {
    const client = new Client()
      .send(1, 10)
      .see(1_000)
      .send(50, 64 * kilobytes);
    expect(client.behind).toBe(true);
  });
});
