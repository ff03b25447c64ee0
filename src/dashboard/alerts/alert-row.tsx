import { useSignal } from '@preact/signals';
import type { AlertView } from '../../client/index.js';
import { useDashboard } from '../dashboard.js';
import { formatAge, formatTime } from '../format.js';
import { SeverityIcon } from '../icons.js';
import { AlertDetail } from './alert-detail.js';
import { AlertFacts } from './alert-facts.js';
import { resolveAndMoveOn, rowId } from './selection.js';

export function AlertRow({ alert }: { readonly alert: AlertView }) {
  const { selected } = useDashboard();
  const expanded = useSignal(false);
  const { id, title, message, severity, state } = alert;
  const toggle = (): void => {
    expanded.value = !expanded.value;
  };
  return (
    <li
      id={rowId(id)}
      class={`alert ${state} edge-${severity}`}
      tabIndex={-1}
      aria-current={selected.value === id}
      onFocusIn={() => {
        selected.value = id;
      }}
      onKeyDown={(event) => {
        if (event.key === 'Enter' && event.target === event.currentTarget) toggle();
      }}
    >
      <div class="alert-head">
        <span class={`severity severity-${severity}`}>
          <SeverityIcon severity={severity} />
          {severity}
        </span>
        <StateBadge alert={alert} />
        <Age alert={alert} />
      </div>
      <h3>
        <button type="button" class="title" aria-expanded={expanded.value} onClick={toggle}>
          {title}
        </button>
      </h3>
      {message !== title && <p class="message">{withoutTitle(message, title)}</p>}
      <AlertFacts alert={alert} />
      {state !== 'resolved' && <Actions alert={alert} />}
      {expanded.value && <AlertDetail alert={alert} />}
    </li>
  );
}

function StateBadge({ alert }: { readonly alert: AlertView }) {
  return <span class={`badge ${alert.state}`}>{stateWords(alert)}</span>;
}

function stateWords({ state, acknowledged, suppressed, escalation, resolvedBy }: AlertView): string {
  if (state === 'acknowledged') return `Acknowledged by ${acknowledged?.by || 'somebody'}`;
  if (state === 'suppressed') return `Suppressed by ${suppressed?.by || 'somebody'}`;
  if (state === 'escalated') return `Escalated, level ${escalation.level}`;
  if (state === 'resolved') return resolvedBy ? `Resolved by ${resolvedBy}` : 'Resolved';
  return 'Active';
}

/** How long it has been open, or how long ago it ended and how long it lasted. */
function Age({ alert }: { readonly alert: AlertView }) {
  const { now } = useDashboard();
  const { startedAt, resolvedAt } = alert;
  const at = resolvedAt ?? startedAt;
  const since = formatAge(now.value - at);
  return (
    <time class="age" dateTime={new Date(at).toISOString()} title={`Opened at ${formatTime(startedAt)}`}>
      {resolvedAt === undefined
        ? since
        : `${since === 'now' ? 'just now' : `${since} ago`}${lasted(resolvedAt - startedAt)}`}
    </time>
  );
}

/** Nothing for what happened at one moment. */
function lasted(ms: number): string {
  return ms < 1000 ? '' : `, lasted ${formatAge(ms)}`;
}

function Actions({ alert }: { readonly alert: AlertView }) {
  const dashboard = useDashboard();
  const { actions, connection } = dashboard;
  const { id, state, title } = alert;
  const disabled = actions.busy.value.has(id) || connection.value.status !== 'open';
  return (
    <div class="alert-actions">
      {state === 'acknowledged' ? (
        <button type="button" disabled={disabled} onClick={() => void actions.unacknowledge(id)}>
          Unacknowledge<span class="unseen"> {title}</span>
        </button>
      ) : (
        <button type="button" class="primary" disabled={disabled} onClick={() => void actions.acknowledge(id)}>
          Acknowledge<span class="unseen"> {title}</span>
        </button>
      )}
      <button type="button" disabled={disabled} onClick={() => void resolveAndMoveOn(dashboard, id)}>
        Resolve<span class="unseen"> {title}</span>
      </button>
    </div>
  );
}

/** The message of a rule begins with the name that stands above it already. */
function withoutTitle(message: string, title: string): string {
  return message.startsWith(`${title}: `) ? message.slice(title.length + 2) : message;
}
