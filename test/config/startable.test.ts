import fc from 'fast-check';
import { VirtualTimeScheduler } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { ConfigError, type ConfigInput, type EngineConfig, resolveConfig } from '../../src/config/index.js';
import { isAbsenceRule, isConditionRule } from '../../src/model/rule.js';
import { AbsenceKernel } from '../../src/operators/absence.js';
import { EscalateKernel } from '../../src/operators/escalate.js';
import { ThresholdKernel } from '../../src/operators/threshold.js';
import { AdmissionGate } from '../../src/streams/admission.js';
import { VirtualClock } from '../support/virtual-clock.js';
import { problemsOf } from './load-from.js';

/** Makes of a configuration what checks it once more. */
function construct({ rateLimit, dedupe, rules, ingest, escalations }: EngineConfig): void {
  const clock = new VirtualClock();
  new AdmissionGate({ rateLimit, dedupe, clock, scheduler: new VirtualTimeScheduler() }).dispose();
  const maxKeys = ingest.limits.maxSeries;
  new ThresholdKernel({ rules: rules.filter(isConditionRule), identify: () => undefined, maxKeys });
  for (const { absentMs } of rules.filter(isAbsenceRule)) new AbsenceKernel({ absentMs, maxKeys });
  const ladders = new EscalateKernel<object, string>();
  for (const { id, levels, max } of Object.values(escalations)) ladders.open({}, id, { steps: levels, max }, 0);
}

/** Near the ends of what is allowed, and beyond. */
const count = fc.oneof(
  { weight: 4, arbitrary: fc.integer({ min: 1, max: 11_000 }) },
  { weight: 1, arbitrary: fc.constantFrom(0, 0.5, 2 ** 24, 2 ** 24 + 1, 1e9) },
);
const name = fc.oneof({ weight: 4, arbitrary: fc.constantFrom('cpu', 'a b', '*') }, fc.string());
const amount = fc.oneof(
  { weight: 4, arbitrary: fc.integer({ min: 1, max: 24 }) },
  { weight: 1, arbitrary: fc.double({ min: 0, max: 40, noNaN: true }) },
);
const duration = fc
  .tuple(amount, fc.constantFrom('ms', 's', 'm', 'h', 'd'))
  .map(([many, unit]) => `${Number(many.toFixed(6))}${unit}`);
const condition = fc.constantFrom('> 80', '<= -1e300', '== 0', 'between [1, 1]', 'outside [-5, 5]');

const level = fc.record({ when: condition, clear: condition }, { requiredKeys: ['when'] });
const samples = fc.integer({ min: 1, max: 33 });
const share = fc.double({ min: 0, max: 1.1, noNaN: true });
const ofValues = {
  for: duration,
  keepFiringFor: duration,
  staleAfter: duration,
  window: fc.record({ fn: fc.constantFrom('avg' as const, 'rate' as const, 'p99' as const), over: duration }),
  nOf: fc.tuple(samples, samples),
  flap: fc.record({ window: samples, high: share, low: share }, { requiredKeys: [] }),
  noData: fc.constantFrom('keep' as const, 'alert' as const),
};
const named = { id: name, metric: name, cooldown: duration };
const rule = fc.oneof(
  fc.record({ ...named, ...ofValues, when: condition }, { requiredKeys: ['id', 'metric', 'when'] }),
  fc.record(
    { ...named, ...ofValues, levels: fc.record({ low: level, critical: level }) },
    { requiredKeys: ['id', 'metric', 'levels'] },
  ),
  fc.record({ ...named, absent: duration }, { requiredKeys: ['id', 'metric', 'absent'] }),
);

const input: fc.Arbitrary<ConfigInput> = fc.record(
  {
    ingest: fc.record({ limits: fc.record({ maxSeries: count }) }),
    rateLimit: fc.record(
      {
        windows: fc.array(fc.record({ max: count, per: duration }), { minLength: 1, maxLength: 3 }),
        cooldown: duration,
      },
      { requiredKeys: [] },
    ),
    dedupe: fc.record({ window: duration }),
    rules: fc.uniqueArray(rule, { maxLength: 2, selector: ({ id }) => id }),
    escalations: fc.dictionary(
      fc.constantFrom('oncall', 'x'),
      fc.record({ levels: fc.array(fc.record({ after: duration }), { minLength: 1, maxLength: 3 }) }),
    ),
  },
  { requiredKeys: [] },
);

describe('a configuration that is accepted', () => {
  it('can be started: no part of the engine refuses it', () => {
    let accepted = 0;
    fc.assert(
      fc.property(input, (given) => {
        try {
          construct(resolveConfig(given));
          accepted++;
        } catch (error) {
          if (!(error instanceof ConfigError)) throw error;
        }
      }),
      { numRuns: 2_000 },
    );
    expect(accepted).toBeGreaterThan(200);
  });

  it.each([
    { ingest: { limits: { maxSeries: 16_777_216 } } },
    { rateLimit: { windows: [{ max: 10_000, per: '24.8d' }], cooldown: '3650d' } },
    { rateLimit: { windows: [{ max: 1, per: '1.0005s' }] } },
    { dedupe: { window: '0.7ms' } },
    { escalations: { x: { levels: [{ after: '1ms' }, { after: '3650d' }], max: 1_000 } } },
  ])('%j is the most that the engine can do', (given: ConfigInput) => {
    expect(() => construct(resolveConfig(given))).not.toThrow();
  });

  it.each([
    ['ingest: {limits: {maxSeries: 16777217}}', 'CFG208'],
    ['rateLimit: {windows: [{max: 10001, per: 1m}]}', 'CFG208'],
    ['rateLimit: {windows: [{max: 1, per: 25d}]}', 'CFG205'],
    ['delivery: {timeout: 25d}', 'CFG205'],
    ['gateway: {limits: {heartbeat: 61m}}', 'CFG205'],
    ['escalations: {x: {levels: [{after: 0.4ms}]}}', 'CFG205'],
  ])('is not %s, which is more', (text, code) => {
    expect(problemsOf(text).map((problem) => problem.code)).toEqual([code]);
  });
});
