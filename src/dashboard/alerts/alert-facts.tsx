import type { AlertView } from '../../client/index.js';
import { useDashboard } from '../dashboard.js';
import { formatCountdown } from '../format.js';
import { Icon } from '../icons.js';

/** The line under an alert: where it is from, how often, what comes next, who was told. */
export function AlertFacts({ alert }: { readonly alert: AlertView }) {
  const { source, category, rule, count } = alert;
  return (
    <ul class="facts">
      <li>{source}</li>
      <li>{category}</li>
      {rule !== undefined && <li>{rule}</li>}
      {count > 1 && (
        <li title={`Raised ${count} times`}>
          <Icon name="repeat" />×{count}
        </li>
      )}
      <Escalation alert={alert} />
      <NotSent alert={alert} />
      {alert.deliveries.map(({ channel, status, attempts, error }) => (
        <li key={channel} class={`delivery ${status}`} title={error ?? `${attempts} attempts`}>
          {channel} {status}
        </li>
      ))}
    </ul>
  );
}

function Escalation({ alert }: { readonly alert: AlertView }) {
  const { now } = useDashboard();
  const { level, nextAt, remainingMs } = alert.escalation;
  if (alert.state === 'resolved' || (level === 0 && nextAt === undefined && remainingMs === undefined)) return null;
  return (
    <li class="escalation">
      <Icon name="up" />
      {level > 0 && `level ${level}`}
      {level > 0 && nextAt !== undefined && ', '}
      {nextAt !== undefined && `escalates ${nextAt > now.value ? `in ${formatCountdown(nextAt - now.value)}` : 'now'}`}
      {nextAt === undefined && remainingMs !== undefined && ' escalation paused'}
    </li>
  );
}

/** Why nobody was told, where that is so. */
function NotSent({ alert }: { readonly alert: AlertView }) {
  const reason = reasonNotSent(alert);
  return reason === undefined ? null : <li class="delivery failed">not sent: {reason}</li>;
}

function reasonNotSent({ status, admission, silencedBy, inhibitedBy }: AlertView): string | undefined {
  if (status === 'rate_limited') return 'rate limited';
  if (status !== 'suppressed') return undefined;
  if (admission.verdict === 'duplicate') return 'duplicate';
  if (silencedBy !== undefined) return 'silenced';
  return inhibitedBy === undefined ? 'suppressed' : 'inhibited';
}
