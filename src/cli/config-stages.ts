import { type ChannelConfig, describeRouting, type EngineConfig } from '../config/index.js';
import { defaultFallbackAfterMs } from '../model/channel.js';
import { hosts } from '../streams/nats/connection.js';
import { counted, duration, size } from './phrases.js';

/** What each stage of an engine would do with this configuration, in words. */
export function configStages(config: EngineConfig): Record<string, string> {
  return {
    nats: natsText(config),
    ingest: ingestText(config),
    rules: rulesText(config),
    inhibit: inhibitText(config),
    admission: admissionText(config),
    routes: config.routes === undefined ? 'the 3 usual ones' : counted(config.routes.length, 'route'),
    escalations: escalationsText(config),
    group: groupText(config),
    channels: channelsText(config),
    delivery: deliveryText(config),
    history: historyText(config),
    gateway: `http://${config.gateway.host}:${config.gateway.port}`,
    example: exampleText(config),
  };
}

function natsText({ nats, prefix }: EngineConfig): string {
  if (nats.inProcess) return 'none: in process, nothing is kept';
  const where = nats.urls === undefined ? 'a private nats-server' : hosts({ urls: nats.urls }).join(', ');
  return `${where}, our subjects under ${prefix}.`;
}

function ingestText({ ingest }: EngineConfig): string {
  const metrics = ingest.metrics.map(({ subject }) => subject).join(', ');
  const alerts = ingest.alerts.map(({ subject }) => subject).join(', ');
  return `samples from ${metrics || 'nowhere'}; alerts from ${alerts || 'nowhere'}`;
}

function rulesText({ rules }: EngineConfig): string {
  const off = rules.filter(({ enabled }) => !enabled).length;
  return `${counted(rules.length, 'rule')}${off === 0 ? '' : `, ${off} of them disabled`}`;
}

function admissionText({ rateLimit, dedupe }: EngineConfig): string {
  const windows = rateLimit.windows.map(({ max, perMs }) => `${max} in ${duration(perMs)}`).join(' and ');
  const cooldown = rateLimit.cooldownMs === 0 ? '' : `, then a pause of ${duration(rateLimit.cooldownMs)}`;
  const folded = dedupe.windowMs === 0 ? 'repeats are not folded' : `repeats folded for ${duration(dedupe.windowMs)}`;
  return `${windows} by ${rateLimit.key}${cooldown}; ${folded}`;
}

function inhibitText({ inhibit }: EngineConfig): string {
  return (
    inhibit.map(({ id, equal }) => (equal.length === 0 ? id : `${id} (same ${equal.join(', ')})`)).join(', ') || 'none'
  );
}

function groupText({ group }: EngineConfig): string {
  if (group === undefined) return 'none: each notification alone and at once';
  const { by, waitMs, intervalMs, repeatMs, max } = group;
  const again = repeatMs === undefined ? '' : `, what is open again every ${duration(repeatMs)}`;
  const times = `after ${duration(waitMs)}, then every ${duration(intervalMs)}${again}`;
  return `by ${by.join(', ') || 'nothing: all in one'}; ${times}; at most ${max} in a message`;
}

function historyText({ history }: EngineConfig): string {
  const { maxAgeMs, maxAlerts, maxBytes } = history;
  return `resolved alerts for ${duration(maxAgeMs)}, at most ${maxAlerts} and ${size(maxBytes)}`;
}

function escalationsText({ escalations }: EngineConfig): string {
  const named = Object.values(escalations).map(({ id, levels }) => `${id} (${counted(levels.length, 'level')})`);
  return named.join(', ') || 'none';
}

function channelsText({ channels }: EngineConfig): string {
  return Object.entries(channels)
    .map(([name, channel]) => {
      const { type, enabled } = channel;
      return [name, name === type ? '' : ` (${type})`, enabled ? '' : ' disabled', ...policyTexts(channel)].join('');
    })
    .join(', ');
}

function policyTexts({ rate, fallback, fallbackAfterMs = defaultFallbackAfterMs }: ChannelConfig): string[] {
  return [
    rate === undefined ? '' : ` at most ${rate.max} in ${duration(rate.perMs)}`,
    fallback === undefined ? '' : ` else ${fallback} (after ${duration(fallbackAfterMs)})`,
  ];
}

function deliveryText({ delivery }: EngineConfig): string {
  const { maxRetries, timeoutMs, maxAgeMs } = delivery;
  return `${counted(maxRetries, 'retry', 'retries')}, ${duration(timeoutMs)} an attempt, given up after ${duration(maxAgeMs)}`;
}

/** Where an alert of the first rule would go; without rules, an ordinary one. */
function exampleText(config: EngineConfig): string {
  const rule = config.rules.find(({ enabled }) => enabled);
  const { alert, channels, escalation } = describeRouting(config, rule === undefined ? {} : { rule: rule.id });
  const what = `a ${alert.severity} ${alert.category} alert${rule === undefined ? '' : ` of rule ${rule.id}`}`;
  const where = channels.map(({ name, because, enabled }) => `${name} (${enabled ? because.join(', ') : 'disabled'})`);
  return `${what} goes to ${where.join(', ') || 'nobody'}; ${escalation === undefined ? 'never escalates' : `escalates by ${escalation}`}`;
}
