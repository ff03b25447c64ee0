import { describe, expect, it } from 'vitest';
import { CliError } from '../../src/cli/cli-error.js';
import { exitStatus } from '../../src/cli/exit-status.js';
import { reportError } from '../../src/cli/report.js';
import { TocsinError } from '../../src/model/errors.js';
import { createTestIo } from './test-io.js';

describe('an error on the terminal', () => {
  it('says its code, what happened and what to do, on stderr', () => {
    const io = createTestIo();
    reportError(new TocsinError('port_taken', '127.0.0.1:8420 is in use'), io, false);
    expect(io.stdout).toEqual([]);
    expect(io.stderr).toEqual([
      'port_taken  127.0.0.1:8420 is in use',
      '   stop what listens there, or choose another port: --listen 127.0.0.1:8421, or gateway.listen',
    ]);
  });

  it('has the same fields as JSON', () => {
    const io = createTestIo();
    const error = new TocsinError('field_invalid', 'port must be a number', { field: 'port', allowed: '1 to 65535' });
    reportError(error, io, true);
    expect(JSON.parse(io.stderr[0]!)).toEqual({
      error: {
        code: 'field_invalid',
        message: 'port must be a number',
        field: 'port',
        allowed: '1 to 65535',
        advice: [],
      },
    });
  });

  it.each([
    ['nats_missing', exitStatus.unavailable],
    ['nats_unreachable', exitStatus.unavailable],
    ['alerts_captured', exitStatus.unavailable],
    ['port_taken', exitStatus.unavailable],
    ['config_invalid', exitStatus.config],
    ['internal', exitStatus.failed],
  ] as const)('%s ends with status %i', (code, status) => {
    expect(reportError(new TocsinError(code, 'x'), createTestIo(), false)).toBe(status);
  });

  it('anything unforeseen ends with status 1 and keeps its message', () => {
    const io = createTestIo();
    expect(reportError(new RangeError('out of it'), io, false)).toBe(exitStatus.failed);
    expect(io.stderr).toEqual(['internal  out of it']);
  });

  it('of the command line itself brings its own status and advice', () => {
    const io = createTestIo();
    const error = new CliError('engine_unreachable', exitStatus.unavailable, 'nobody there', ['start one']);
    expect(reportError(error, io, false)).toBe(exitStatus.unavailable);
    expect(io.stderr).toEqual(['engine_unreachable  nobody there', '   start one']);
  });
});
