import type { AlertRecord } from '../../src/model/alert.js';
import { type Decision, type DecisionContext, decide, type LifecycleInput } from '../../src/model/decision/index.js';
import type { EscalationChain } from '../../src/model/escalation.js';
import type { MutableAlert, Muting } from '../../src/model/muting.js';
import type { Raise } from '../../src/model/raise.js';
import { route } from '../../src/model/routing.js';
import type { Rule } from '../../src/model/rule.js';

export const t0 = 1_700_000_000_000;

export const rule: Rule = {
  id: 'cpu',
  name: 'High CPU',
  metric: 'cpu.usage',
  match: {},
  when: { op: '>', value: 80 },
  forMs: 0,
  keepFiringForMs: 0,
  cooldownMs: 0,
  severity: 'high',
  category: 'performance',
  labels: { team: 'platform' },
  tags: [],
  enabled: true,
};

export const chain: EscalationChain = {
  id: 'oncall',
  levels: [{ afterMs: 1_000 }, { afterMs: 2_000, channels: ['boss'], severity: 'critical' }],
  max: 3,
};

export function raise(fields: Partial<Raise> = {}): Raise {
  return {
    title: 'Disk full',
    message: 'no space left',
    severity: 'medium',
    category: 'system',
    source: 'db-1',
    labels: {},
    tags: [],
    data: {},
    status: 'firing',
    resolveAfterMs: 60_000,
    time: t0,
    warnings: [],
    ...fields,
  };
}

export function firing(fields: Partial<Extract<LifecycleInput, { kind: 'firing' }>> = {}): LifecycleInput {
  const series = { key: 'cpu.usage|web-1|', name: 'cpu.usage', source: 'web-1', labels: { region: 'eu' } };
  const { severity } = rule;
  const level = { severity, condition: '> 80' };
  return { kind: 'firing', key: 'rule:cpu:cpu.usage|web-1|', rule, ...level, series, value: 91, ...fields };
}

export function raised(fields: Partial<Raise> = {}): LifecycleInput {
  return { kind: 'raise', key: 'outside-1', raise: raise(fields) };
}

/** One key whose transitions follow each other, as the lifecycle stage would store them. */
export class OneKey {
  now = t0;
  record: AlertRecord | undefined = undefined;
  verdict: ReturnType<DecisionContext['ask']> = { verdict: 'admitted' };
  /** Of admission, where it depends on what is asked. */
  answer: DecisionContext['ask'] = () => this.verdict;
  /** What mutes alerts now. */
  muting: Muting | ((alert: MutableAlert) => Muting) = {};
  readonly asked: unknown[] = [];

  give(input: LifecycleInput): Decision {
    const decision = decide(this.record, input, this.#context());
    if (decision.kind === 'write') this.record = decision.event.alert;
    return decision;
  }

  /** Gives the input and expects a write. */
  event(input: LifecycleInput) {
    const decision = this.give(input);
    if (decision.kind !== 'write') throw new Error(`expected a write, got ${JSON.stringify(decision)}`);
    return decision.event;
  }

  command(name: 'acknowledge' | 'unacknowledge' | 'suppress' | 'unsuppress' | 'resolve', until?: number): Decision {
    const { id, key } = this.record!;
    return this.give({ kind: 'command', name, id, key, by: 'ada', ...(until === undefined ? {} : { until }) });
  }

  timer(timer: 'escalate' | 'repeat' | 'expire' | 'acknowledgement_over', level?: number): Decision {
    const { id, key } = this.record!;
    return this.give({ kind: 'timer', timer, id, key, ...(level === undefined ? {} : { level }) });
  }

  #context(): DecisionContext {
    const table = { routes: [], defaultChannels: ['log'], allChannels: ['log', 'boss'] };
    return {
      now: this.now,
      keyHash: 'abcdef0123456789',
      mutes: (alert) => (typeof this.muting === 'function' ? this.muting(alert) : this.muting),
      ask: (reservation) => {
        this.asked.push(reservation);
        return this.answer(reservation);
      },
      rateKey: (alert) => alert.category,
      dedupeKey: (alert) => `${alert.title}:${alert.message}:${alert.category}`,
      route: (alert) => route(table, alert),
      chain: (id) => (id === 'oncall' ? chain : undefined),
    };
  }
}
