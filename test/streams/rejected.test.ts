import { asyncScheduler } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { silentLogger } from '../../src/model/logger.js';
import { createMemoryDriver } from '../../src/streams/memory.js';
import { RejectedReporter } from '../../src/streams/rejected.js';

describe('inputs that could not be used', () => {
  it('F8 are reported without an exception when the bus does not take the report', () => {
    const warnings: string[] = [];
    const bus = Object.assign(Object.create(createMemoryDriver().bus), {
      publish() {
        throw new Error('on purpose');
      },
    });
    const logger = { ...silentLogger, warn: (_: object, text: string) => warnings.push(text) };
    const reporter = new RejectedReporter({ bus, subject: 'tocsin.rejected', logger, scheduler: asyncScheduler });
    reporter.report({ subject: 'metrics.a.b', code: 'parse_failed', reason: 'no', excerpt: '' });
    expect(warnings).toEqual(['an input could not be used']);
  });
});
