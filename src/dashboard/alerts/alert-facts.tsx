import type { AlertView } from '../../client/index.js';
import { useDashboard } from '../dashboard.js';
import { formatCountdown } from '../format.js';
import { Icon } from '../icons.js';

/** The line under an alert: where it is from, how often, what comes next, who was told. */
export function AlertFacts({ alert }: { readonly alert: AlertView }) {
  const { source, category, rule, count } = alert;
  return (
    <ul class="facts">
      {[source, category, rule].map((text) => text && <li>{text}</li>)}
      {count > 1 && (
        <li title={`Raised ${count} times`}>
          <Icon name="repeat" />×{count}
        </li>
      )}
      <Escalation alert={alert} />
      <NotSent alert={alert} />
      <Muted alert={alert} />
      {alert.deliveries.map(({ channel, status, attempts, error }) => (
        <li key={channel} class={`delivery ${status}`} title={`${attempts} attempts`}>
          {channel} {status}
          {error && `: ${error}`}
        </li>
      ))}
    </ul>
  );
}

function Escalation({ alert }: { readonly alert: AlertView }) {
  const { now } = useDashboard();
  const words = escalationWords(alert, now.value);
  if (words.length === 0) return null;
  return (
    <li class="escalation">
      <Icon name="up" />
      {words.join(', ')}
    </li>
  );
}

/** Where it stands on its ladder, and when the next rung is due. */
function escalationWords({ state, escalation }: AlertView, now: number): string[] {
  const { level, nextAt, remainingMs } = escalation;
  const words = level > 0 ? [`level ${level}`] : [];
  if (state === 'resolved') return words;
  if (nextAt !== undefined)
    words.push(nextAt > now ? `escalates in ${formatCountdown(nextAt - now)}` : 'escalates now');
  else if (remainingMs !== undefined) words.push('escalation paused');
  return words;
}

/** Why nobody was told, where that is so. */
function NotSent({ alert }: { readonly alert: AlertView }) {
  const reason = reasonNotSent(alert);
  return reason === undefined ? null : <li class="delivery failed">not sent: {reason}</li>;
}

/** What keeps an alert quiet of which somebody has been told already. */
function Muted({ alert }: { readonly alert: AlertView }) {
  const { status, state, silencedBy, inhibitedBy } = alert;
  if (status === 'suppressed' || state === 'resolved') return null;
  const words = [silencedBy && 'silenced', inhibitedBy && 'inhibited'].filter((word) => word !== undefined);
  return words.length === 0 ? null : <li class="muted">{words.join(', ')}</li>;
}

function reasonNotSent({ status, admission, silencedBy, inhibitedBy }: AlertView): string | undefined {
  if (status === 'rate_limited') return 'rate limited';
  if (status !== 'suppressed') return undefined;
  if (admission.verdict === 'duplicate') return 'duplicate';
  if (silencedBy !== undefined) return 'silenced';
  return inhibitedBy === undefined ? 'suppressed' : 'inhibited';
}
