import type { PresetName, RuleInput } from './schema.js';

/** P45: ready-made rules, under their own names as ids. Percent, or milliseconds for `latency`. */
export const presets = {
  cpu: {
    id: 'cpu',
    name: 'High CPU usage',
    metric: 'cpu.usage',
    when: '> 80',
    clear: '< 75',
    for: '30s',
    severity: 'high',
  },
  memory: {
    id: 'memory',
    name: 'High memory usage',
    metric: 'memory.usage',
    when: '> 85',
    clear: '< 80',
    for: '30s',
    severity: 'high',
  },
  disk: {
    id: 'disk',
    name: 'Disk nearly full',
    metric: 'disk.usage',
    when: '> 90',
    clear: '< 85',
    for: '1m',
    severity: 'high',
    category: 'system',
  },
  'error-rate': {
    id: 'error-rate',
    name: 'High error rate',
    metric: '*error_rate',
    when: '> 5',
    clear: '< 4',
    for: '1m',
    severity: 'high',
  },
  latency: {
    id: 'latency',
    name: 'High latency',
    metric: '*latency',
    when: '> 500',
    clear: '< 400',
    for: '1m',
    severity: 'medium',
  },
  heartbeat: {
    id: 'heartbeat',
    name: 'No heartbeat',
    metric: '*heartbeat',
    absent: '1m',
    severity: 'critical',
    category: 'system',
  },
} as const satisfies Readonly<Record<PresetName, RuleInput>>;
