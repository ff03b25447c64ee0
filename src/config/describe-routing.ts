import { defaultRoutes, type RoutedAlert, route } from '../model/routing.js';
import type { EngineConfig } from './engine-config.js';
import { enabledChannels } from './resolve.js';

export interface RoutingDescription {
  readonly alert: RoutedAlert;
  readonly channels: readonly RoutedChannel[];
  /** Id of the escalation that would run. */
  readonly escalation?: string;
}

export interface RoutedChannel {
  readonly name: string;
  readonly type: string;
  readonly enabled: boolean;
  /** In words: `rule cpu-high`, `route trading`, `default`. */
  readonly because: readonly string[];
}

export interface ExampleAlert extends Partial<RoutedAlert> {
  /** Id of the rule that raised it. */
  readonly rule?: string;
}

const example: RoutedAlert = {
  title: 'Example',
  severity: 'high',
  category: 'performance',
  source: 'web-1',
  labels: {},
  tags: [],
  data: {},
};

/** Where an alert would go, and why. What `given` leaves out comes from its rule, then from an ordinary example. */
export function describeRouting(
  config: EngineConfig,
  { rule: ruleId, ...given }: ExampleAlert = {},
): RoutingDescription {
  const rule = config.rules.find(({ id }) => id === ruleId);
  const fromRule = rule && { severity: rule.severity, category: rule.category, labels: rule.labels, tags: rule.tags };
  const alert: RoutedAlert = { ...example, ...fromRule, ...given };
  const table = {
    routes: config.routes ?? defaultRoutes(config.defaultChannels),
    defaultChannels: config.defaultChannels,
    allChannels: enabledChannels(config.channels),
  };
  const routed = route(table, alert);
  const reasons = (name: string) => {
    if (rule?.channels !== undefined) return [`rule ${rule.id}`];
    const sending = table.routes.filter(
      ({ id, channels }) => routed.routes.includes(id) && (channels.includes(name) || channels.includes('*')),
    );
    return sending.length === 0 ? ['default'] : sending.map(({ id }) => `route ${id}`);
  };
  const escalation = rule?.escalation ?? routed.escalation;
  return {
    alert,
    channels: (rule?.channels ?? routed.channels).map((name) => ({
      name,
      type: config.channels[name]?.type ?? 'unknown',
      enabled: config.channels[name]?.enabled ?? false,
      because: reasons(name),
    })),
    ...(escalation === undefined ? {} : { escalation }),
  };
}
