import { describe, expect, it } from 'vitest';
import { createLogger } from '../../src/cli/logger.js';
import { createTestIo } from './test-io.js';

const plain = { level: 'info', scrub: (line: string) => line } as const;

describe('logs', () => {
  it('are JSON lines where no person watches', () => {
    const io = createTestIo();
    createLogger(io, plain).warn({ channel: 'ops' }, 'channel is slow');
    expect(JSON.parse(io.stderr[0]!)).toMatchObject({ level: 'warn', channel: 'ops', msg: 'channel is slow' });
  });

  it('are readable lines on a terminal', () => {
    const io = createTestIo({ interactive: true });
    createLogger(io, plain).warn({ channel: 'ops mail', err: new Error('refused') }, 'channel is slow');
    expect(io.stderr[0]).toMatch(/^\d\d:\d\d:\d\d WARN {2}channel is slow {2}channel="ops mail" err="refused"$/);
  });

  it('send nothing to a terminal that it would obey, whether a message or a field carries it', () => {
    const io = createTestIo({ interactive: true });
    const hostile = 'a\x1b[2J\x1b]52;c;eA==\x07b\r\n\u009b31mc\u202ed';
    createLogger(io, plain).error({ title: hostile, err: new Error(hostile), list: [hostile] }, hostile);
    expect(io.stderr).toHaveLength(1);
    expect(io.stderr[0]).not.toMatch(/[\p{Cc}\u202e]/u);
    expect(io.stderr[0]).toMatch(/ERROR a \[2J \]52;c;eA== b 31mc d {2}title=/);
  });

  it('never show a secret, whichever field carries it', () => {
    const io = createTestIo();
    const logger = createLogger(io, { level: 'info', scrub: (line) => line.replaceAll('hunter2', '[secret]') });
    logger.error({ err: new Error('401 for hunter2'), url: 'https://x/hunter2' }, 'hunter2');
    expect(io.stderr.join()).not.toContain('hunter2');
  });

  it('below the level are not written', () => {
    const io = createTestIo();
    createLogger(io, plain).debug({}, 'detail');
    expect(io.stderr).toEqual([]);
  });
});
