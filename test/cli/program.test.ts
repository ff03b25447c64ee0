import { describe, expect, it } from 'vitest';
import { exitStatus } from '../../src/cli/exit-status.js';
import { parseListen } from '../../src/cli/parse.js';
import { runCli } from '../../src/cli/program.js';
import { createTestIo } from './test-io.js';

async function cli(...args: string[]) {
  const io = createTestIo();
  const status = await runCli(args, io);
  return { status, out: io.stdout.join('\n'), err: io.stderr.join('\n') };
}

describe('the command line', () => {
  it.each([[], ['run'], ['check'], ['publish'], ['tail']])(
    '--help of "%s" starts with examples',
    async (...command) => {
      const { status, out } = await cli(...command, '--help');
      expect(status).toBe(exitStatus.ok);
      expect(out).toMatch(/^Examples:\n {2}tocsin /);
    },
  );

  it('an unknown command ends with 2 and suggests the one that was meant', async () => {
    const { status, err } = await cli('pubish', 'x', '1');
    expect(status).toBe(exitStatus.usage);
    expect(err).toContain('Did you mean publish?');
  });

  it('an unknown option ends with 2', async () => {
    expect((await cli('check', '--jsn')).status).toBe(exitStatus.usage);
  });

  it('no command at all shows the help and ends with 2', async () => {
    const { status, err } = await cli();
    expect(status).toBe(exitStatus.usage);
    expect(err).toContain('Examples:');
  });

  it('--version prints the version alone', async () => {
    expect(await cli('--version')).toEqual({ status: 0, out: expect.stringMatching(/^\d+\.\d+\.\d+$/), err: '' });
  });

  it.each([
    ['a value that is no number', ['publish', 'cpu.usage', 'much']],
    ['an infinite value', ['publish', 'cpu.usage', 'Infinity']],
    ['no value', ['publish', 'cpu.usage']],
    ['a label without key', ['publish', 'cpu.usage', '1', '--label', 'eu']],
    ['a port out of range', ['run', '--listen', '127.0.0.1:70000']],
    ['no address', ['run', '--listen', 'here']],
    ['an unknown severity', ['tail', 'alerts', '--min-severity', 'grave']],
  ])('%s ends with 2 and says what is allowed', async (_, args) => {
    const { status, err } = await cli(...args);
    expect(status).toBe(exitStatus.usage);
    expect(err).toMatch(/must be|are needed|Allowed choices/);
  });

  it.each(['0.0.0.0:8420', '[::]:0', '192.168.1.5:80', 'example.org:80'])(
    'refuses --listen %s: without authentication, the gateway is for this machine only',
    async (address) => {
      const { status, err } = await cli('run', '--demo', '--listen', address);
      expect(status).toBe(exitStatus.usage);
      expect(err).toContain('It must be a loopback address');
      expect(err).toContain('no authentication');
    },
  );

  it.each([
    ['8421', { host: '127.0.0.1', port: 8_421 }],
    ['localhost:0', { host: 'localhost', port: 0 }],
    ['[::1]:8421', { host: '::1', port: 8_421 }],
  ])('--listen %s is an address of this machine', (text, address) => {
    expect(parseListen(text)).toEqual(address);
  });
});
