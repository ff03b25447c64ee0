import type { AlertView } from '../../src/model/view.js';
import type { EngineStats, StageTimes } from '../../src/model/wire.js';

/** An alert as readers see it, for tests that change what they are about. */
export const sampleAlert: AlertView = {
  id: 'sample',
  key: 'rule:cpu-high:cpu.usage|web-1|',
  rule: 'cpu-high',
  metric: 'cpu.usage',
  title: 'CPU is busy',
  message: 'CPU is busy: cpu.usage > 80 (current: 93.1, severity: high)',
  severity: 'high',
  category: 'performance',
  source: 'web-1',
  labels: {},
  tags: [],
  data: {},
  value: 93.1,
  state: 'active',
  status: 'delivered',
  startedAt: Date.now(),
  updatedAt: Date.now(),
  escalation: { level: 0 },
  count: 1,
  channels: ['console'],
  channelsSent: ['console'],
  deliveryAttempts: 1,
  deliveries: [],
  admission: { verdict: 'admitted', at: 0 },
};

const stage = (p50: number, p99: number): StageTimes => ({ count: 10, mean: p50, p50, p99, max: p99 * 2 });

export const sampleStats: EngineStats = {
  since: 0,
  time: 1000,
  received: 0,
  rejected: {},
  warnings: {},
  skewed: 0,
  evaluated: 0,
  opened: 0,
  resolved: 0,
  sent: 0,
  failed: 0,
  rateLimited: 0,
  suppressed: 0,
  active: 0,
  series: 0,
  rules: 0,
  enabledRules: 0,
  historySize: 0,
  bySeverity: {},
  byCategory: {},
  byState: {},
  byChannel: {},
  deliveryMs: stage(1, 3),
  stageMs: { receive: stage(0.3, 1.1), evaluate: stage(0.2, 0.7), store: stage(2.1, 6.3), send: stage(1.2, 4.4) },
};
