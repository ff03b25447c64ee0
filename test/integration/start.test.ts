import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { describe, expect, it } from 'vitest';
import { CommandProcess } from '../support/command-process.js';
import { freePort } from '../support/free-port.js';
import { startTestNats } from '../support/nats-server.js';
import { http } from '../support/outside.js';
import { PlainNats } from '../support/plain-nats.js';

const noServer = { ...process.env, TOCSIN_NATS_SERVER: '/nonexistent/nats-server' };

/** What a person is told; log lines of a normal start do not count. */
function said({ stderr }: CommandProcess): string[] {
  return stderr.filter((line) => !line.includes('"level":"info"'));
}

describe('tocsin run, when it cannot', () => {
  it('a broken configuration ends with 78, and every problem is told with its line', async () => {
    await using tocsin = CommandProcess.run(
      [
        'rules:',
        '  - id: cpu',
        '    metric: cpu.usage',
        '    when: "> eighty"',
        '    severty: high',
        '  - id: cpu',
        '    metric: cpu.usage',
        '    when: "> 80"',
        '    channels: [nowhere]',
        'gateway: { listen: "0.0.0.0:8420" }',
      ].join('\n'),
    );
    expect(await tocsin.exited).toBe(78);
    const text = tocsin.stderr.join('\n');
    for (const place of ['4:', '5:', '6:', '9:', '10:']) expect(text).toContain(`tocsin.yaml:${place}`);
    expect(text).toContain('did you mean "severity"?');
    expect(tocsin.stdout).toEqual([]);
  });

  it('a port that is taken ends with 69, and one message says how to choose another', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as AddressInfo;
    await using tocsin = CommandProcess.run('nats: { inProcess: true }', { listen: `127.0.0.1:${port}` });
    expect(await tocsin.exited).toBe(69);
    expect(said(tocsin)).toEqual([
      expect.stringMatching(new RegExp(`^port_taken {2}.*${port}`)),
      expect.stringContaining('--listen'),
    ]);
    other.close();
  });

  it('without a nats-server a configuration ends with 69, and one message says what to do', async () => {
    await using tocsin = CommandProcess.run('rules: []', { env: noServer });
    expect(await tocsin.exited).toBe(69);
    expect(said(tocsin)).toEqual([
      expect.stringMatching(/^nats_missing {2}/),
      expect.stringContaining('apt-get install nats-server'),
      expect.stringContaining('nats.inProcess: true'),
    ]);
  });

  it('a stream that would answer alerts in its place ends with 69, naming the stream', async () => {
    await using nats = await startTestNats();
    await using plain = await PlainNats.connect(nats.url);
    const jsm = await plain.connection.jetstreamManager();
    await jsm.streams.add({ name: 'AUDIT', subjects: ['alerts.>'] });
    await using tocsin = CommandProcess.run(`nats: { url: "${nats.url}" }`);
    expect(await tocsin.exited).toBe(69);
    const [first] = said(tocsin).filter((line) => !line.startsWith('{'));
    expect(first).toMatch(/^alerts_captured {2}.*AUDIT/);
  });
});

describe('the demo without a nats-server', () => {
  it('runs in process, says so, and tells its story', async () => {
    const listen = `127.0.0.1:${await freePort()}`;
    await using tocsin = new CommandProcess(['run', '--demo', '--listen', listen], noServer);
    expect(await tocsin.url()).toBe(`http://${listen}`);
    expect(await tocsin.line(/NATS {2,}/)).toContain('no nats-server');
    expect(await tocsin.line(/▲ HIGH/)).toContain('Checkout is slow');
    expect((await http(`http://${listen}/v1/alerts?category=demo`)).body['alerts']).toHaveLength(1);
    expect(await tocsin.end()).toBe(0);
  });
});
