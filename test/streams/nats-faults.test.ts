import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { firstValueFrom, skipWhile } from 'rxjs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createNatsDriver, type NatsDriverOptions } from '../../src/streams/nats.js';
import type { BusStatus, Driver, LogEntry } from '../../src/streams/ports.js';
import { createCollector } from '../support/collector.js';
import { all, append, code, decode, encode, message } from '../support/driver.js';
import { startTestNats, type TestNats } from '../support/nats-server.js';

let nats: TestNats;
let drivers: Driver[];

beforeEach(async () => {
  nats = await startTestNats();
  drivers = [];
});
afterEach(async () => {
  await Promise.all(drivers.map((driver) => driver.close()));
  await nats.stop();
});

async function connect(options: Partial<NatsDriverOptions> = {}): Promise<Driver> {
  const driver = await createNatsDriver({ urls: [nats.url], ...options });
  drivers.push(driver);
  return driver;
}

/** Resolves when the driver has seen the loss and the return of all its connections. */
async function reconnected(driver: Driver): Promise<void> {
  await expect.poll(() => driver.counters()['reconnects'], { timeout: 10_000, interval: 20 }).toBe(3);
}

describe('NATS killed and restarted', () => {
  it('F2 loses no acknowledged write, stores none twice, and lets writes in flight succeed', async () => {
    const driver = await connect();
    const halfway = createCollector<number>();
    const writes = Array.from({ length: 40 }, async (_, key) => {
      const seqs: number[] = [];
      for (let n = 0; n < 25; n++) {
        seqs.push(await append(driver, `alert._.k${key}`, { key, n }, { expectedSeq: seqs.at(-1) ?? 0 }));
        halfway.add(n);
      }
      return seqs;
    });
    await halfway.atLeast(300);
    await nats.kill();
    await nats.restart();
    const acknowledged = (await Promise.all(writes)).flat();

    const stored = await all(driver.log.read('alert.>'));
    expect(stored.map(({ seq }) => seq)).toEqual(acknowledged.sort((a, b) => a - b));
    const bodies = stored.map(({ body }) => JSON.stringify(body));
    expect(new Set(bodies).size).toBe(1_000);
    expect(driver.counters()['write_retries']).toBeGreaterThan(0);
  });

  it('F2 gives a follower every entry once and in order', async () => {
    const driver = await connect();
    const got = createCollector<LogEntry>();
    driver.log.follow('alert.>', { fromSeq: 1 }).subscribe(got.add);
    for (const round of [1, 2, 3]) {
      const writes = Array.from({ length: 400 }, (_, i) => append(driver, 'alert._.a', i));
      await got.atLeast(round * 400 - 200);
      await (round === 2 ? nats.shutDown() : nats.kill());
      await nats.restart();
      await Promise.all(writes);
    }
    const seqs = (await got.atLeast(1_200)).map(({ seq }) => seq);
    expect(seqs).toEqual(Array.from({ length: 1_200 }, (_, i) => i + 1));
    expect(driver.counters()['reader_restarts']).toBeGreaterThan(0);
  });

  it('F2 gives a durable consumer every entry at least once', async () => {
    const driver = await connect();
    const seen = new Set<unknown>();
    const got = createCollector<unknown>();
    await driver.log.consume('dispatch', 'alert.>', { maxInFlight: 20 }, async ({ body }) => {
      if (!seen.has(body)) got.add(body);
      seen.add(body);
    });
    const writes = Array.from({ length: 600 }, (_, i) => append(driver, 'alert._.a', i));
    await got.atLeast(100);
    await nats.kill();
    await nats.restart();
    await Promise.all(writes);
    expect(await got.atLeast(600)).toHaveLength(600);
  });

  it('F2 keeps what waits in the outbox, and works on', async () => {
    const driver = await connect();
    const got = createCollector<string>();
    const handler = async ({ id }: { id: string }) => {
      got.add(id);
      return { done: true } as const;
    };
    await driver.outbox.put(message('before', 'chat'));
    await driver.outbox.work('chat', { prefetch: 1, ackWaitMs: 30_000 }, handler);
    await got.atLeast(1);
    await nats.kill();
    const meanwhile = driver.outbox.put(message('meanwhile', 'chat'));
    await nats.restart();
    await meanwhile;
    await driver.outbox.put(message('after', 'chat'));
    await expect.poll(() => new Set(got.items)).toEqual(new Set(['before', 'meanwhile', 'after']));
  });

  it('F2 resumes subscriptions, and tells its state', async () => {
    const driver = await connect();
    const states = createCollector<BusStatus>();
    const got = createCollector<string>();
    driver.bus.status$.subscribe(states.add);
    driver.bus.subscribe('metrics.>', ({ data }) => got.add(decode(data)));
    driver.control.subscribe('alerts.>', ({ data }) => got.add(decode(data)));
    await nats.kill();
    await states.atLeast(2);
    await nats.restart();
    await reconnected(driver);
    driver.bus.publish('metrics.a.b', encode('metric'));
    driver.bus.publish('alerts.system', encode('alert'));
    expect([...(await got.atLeast(2))].sort()).toEqual(['alert', 'metric']);
    expect(states.items).toEqual(['connected', 'disconnected', 'connected']);
  });

  it('never gives up on a server that refuses its credentials for a while', async () => {
    const driver = await connect({ token: 'ours' });
    await nats.kill();
    await nats.restart('authorization { token: theirs }');
    await expect.poll(() => driver.counters()['connection_errors'], { timeout: 10_000 }).toBeGreaterThan(9);
    await nats.kill();
    await nats.restart('authorization { token: ours }');
    await reconnected(driver);
    await expect(append(driver, 'alert._.a', 1)).resolves.toBe(1);
  });

  it('counts what is published meanwhile as dropped, and refuses requests at once', async () => {
    const driver = await connect();
    await nats.kill();
    await firstValueFrom(driver.bus.status$.pipe(skipWhile((status) => status === 'connected')));
    for (let i = 0; i < 5; i++) driver.bus.publish('metrics.a.b', encode('lost'));
    expect(driver.counters()['publishes_dropped']).toBe(5);
    const request = driver.bus.request('tocsin.command.raise', encode('{}'), { timeoutMs: 60_000 });
    await expect(request).rejects.toSatisfy(code('bus_unavailable', { temporary: true }));
    await expect(driver.bus.flush()).rejects.toSatisfy(code('bus_unavailable'));
  });

  it('refuses a write when its time is over, leaves nothing of it behind, and never stops reconnecting', async () => {
    // Longer than the client library would try by itself.
    const driver = await connect({ retryForMs: 6_000 });
    await nats.kill();
    const write = append(driver, 'alert._.a', 'refused');
    await expect(write).rejects.toSatisfy(code('log_unavailable', { temporary: true }));
    await nats.restart();
    await append(driver, 'alert._.a', 'taken');
    expect((await all(driver.log.read('alert.>'))).map(({ body }) => body)).toEqual(['taken']);
  });

  it.each([{ expectedSeq: 0 }, {}])(
    'stores a write once whose answer came too late (%j)',
    async (expectation) => {
      // A loaded machine may take long to thaw it.
      const driver = await connect({ retryForMs: 30_000 });
      await nats.freeze();
      const write = append(driver, 'alert._.a', 'once', expectation);
      await expect.poll(() => driver.counters()['write_retries'], { timeout: 10_000 }).toBeGreaterThan(0);
      nats.thaw();
      const seq = await write;
      await append(driver, 'alert._.a', 'next', { expectedSeq: seq });
      expect((await all(driver.log.read('alert.>'))).map(({ body }) => body)).toEqual(['once', 'next']);
    },
    45_000,
  );

  it('keeps the epoch of the log', async () => {
    const before = (await connect()).log.epoch;
    await nats.kill();
    await nats.restart();
    expect((await connect()).log.epoch).toBe(before);
  });
});

describe('closing', () => {
  it.each([
    ['down', () => nats.kill()],
    ['frozen', () => nats.freeze()],
    ['there', async () => undefined],
  ])('is bounded with NATS %s and readers and workers at work', async (_, trouble) => {
    const driver = await connect();
    const got = createCollector<LogEntry>();
    driver.log.follow('alert.>', { fromSeq: 1 }).subscribe(got.add);
    await driver.log.consume('dispatch', 'alert.>', { maxInFlight: 1 }, async () => undefined);
    await append(driver, 'alert._.a', 1);
    await got.atLeast(1);
    await trouble();
    const started = performance.now();
    await driver.close();
    await expect(append(driver, 'alert._.a', 2)).rejects.toSatisfy(code('log_unavailable'));
    expect(performance.now() - started).toBeLessThan(5_000);
  });
});

describe('a process that closes its driver', () => {
  const fixture = fileURLToPath(new URL('./fixtures/engine-process.ts', import.meta.url));

  it.each([
    ['there', async () => undefined],
    ['down', () => nats.kill()],
    ['down, and that not noticed yet', async () => void nats.kill()],
    ['frozen', () => nats.freeze()],
  ])('exits by itself with NATS %s', async (_, trouble) => {
    const child = spawn(process.execPath, ['--import', 'tsx', fixture, nats.url], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    const exited = once(child, 'exit', { signal: AbortSignal.timeout(15_000) });
    try {
      await once(child.stdout, 'data');
      await trouble();
      child.stdin.end();
      expect(await exited).toEqual([0, null]);
    } finally {
      child.kill('SIGKILL');
    }
  });
});

describe('NATS absent at start', () => {
  it('F3 rejects with nats_unreachable, naming the server, when the time for it is over', async () => {
    await nats.kill();
    const started = performance.now();
    const connecting = connect({ urls: [`nats://user:secret@127.0.0.1:${nats.port}`], connectTimeoutMs: 500 });
    await expect(connecting).rejects.toMatchObject({
      code: 'nats_unreachable',
      message: expect.stringMatching(new RegExp(`^NATS at 127.0.0.1:${nats.port} could not be reached`)),
    });
    expect(performance.now() - started).toBeLessThan(3_000);
  });

  it('F3 waits for it when told to, says once what to do, and again when it is reached', async () => {
    await nats.kill();
    const lines = createCollector<string>();
    const note = (_: object, text: string) => lines.add(text);
    const log = { debug() {}, info: note, warn: note, error() {}, fatal() {} };
    const connecting = connect({ connectTimeoutMs: Number.POSITIVE_INFINITY, log });
    await lines.atLeast(1);
    await nats.restart();
    await append(await connecting, 'alert._.a', 1);
    const about = lines.items.filter((line) => line.startsWith('NATS '));
    expect(about).toEqual([
      'NATS cannot be reached, trying again: ' +
        'check that nats-server runs there, and the url, the credentials and the firewall on the way',
      'NATS is reached',
    ]);
  });

  it('F3 does not wait for a server that refuses the credentials', async () => {
    await nats.kill();
    await nats.restart('authorization { token: right }');
    const connecting = connect({ token: 'wrong', connectTimeoutMs: Number.POSITIVE_INFINITY });
    await expect(connecting).rejects.toSatisfy(code('nats_unreachable'));
    await expect(connect({ token: 'right' })).resolves.toBeDefined();
  });

  it('takes user and password from the URL when they are given there', async () => {
    await nats.kill();
    await nats.restart('authorization { user: "a b", password: "p@ss" }');
    const url = nats.url.replace('//', '//a%20b:p%40ss@');
    await expect(connect({ urls: [url] })).resolves.toBeDefined();
  });

  it('F3 ends the waiting on request', async () => {
    await nats.kill();
    const stop = new AbortController();
    const connecting = connect({ connectTimeoutMs: Number.POSITIVE_INFINITY, signal: stop.signal });
    stop.abort();
    await expect(connecting).rejects.toSatisfy(code('nats_unreachable'));
  });
});
