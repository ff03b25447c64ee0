import type { ComponentChildren } from 'preact';
import type { AlertView } from '../../client/index.js';
import { useDashboard } from '../dashboard.js';
import { formatMs, formatTime, formatValue } from '../format.js';

/** Everything else that is known of an alert, and an acknowledgement with a note and an end. */
export function AlertDetail({ alert }: { readonly alert: AlertView }) {
  const { startedAt, metric, value, labels, tags, acknowledged, id } = alert;
  return (
    <div class="detail">
      <dl>
        <Fact name="Opened">{formatTime(startedAt)}</Fact>
        {metric !== undefined && <Fact name="Metric">{metric}</Fact>}
        {value !== undefined && <Fact name="Value">{formatValue(value)}</Fact>}
        {Object.entries(labels).map(([key, text]) => (
          <Fact key={key} name={key}>
            {text}
          </Fact>
        ))}
        {tags.length > 0 && <Fact name="Tags">{tags.join(', ')}</Fact>}
        {acknowledged?.note !== undefined && <Fact name="Note">{acknowledged.note}</Fact>}
        {acknowledged?.until !== undefined && <Fact name="Until">{formatTime(acknowledged.until)}</Fact>}
        <Fact name="Id">{id}</Fact>
      </dl>
      {alert.deliveries.length > 0 && <Deliveries alert={alert} />}
      {alert.state !== 'resolved' && <AcknowledgeForm id={id} />}
    </div>
  );
}

function Fact({ name, children }: { readonly name: string; readonly children: ComponentChildren }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

function Deliveries({ alert }: { readonly alert: AlertView }) {
  return (
    <table>
      <thead>
        <tr>
          <th scope="col">Channel</th>
          <th scope="col">Status</th>
          <th scope="col">Attempts</th>
          <th scope="col">At</th>
          <th scope="col">Took</th>
        </tr>
      </thead>
      <tbody>
        {alert.deliveries.map(({ channel, status, attempts, at, ms, error }) => (
          <tr key={channel}>
            <td>{channel}</td>
            <td>{error === undefined ? status : `${status}: ${error}`}</td>
            <td>{attempts}</td>
            <td>{formatTime(at)}</td>
            <td>{ms === undefined ? '–' : formatMs(ms)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

const endings: readonly (readonly [minutes: number, label: string])[] = [
  [0, 'until it is resolved'],
  [15, 'for 15 minutes'],
  [60, 'for an hour'],
  [480, 'for 8 hours'],
];

function AcknowledgeForm({ id }: { readonly id: string }) {
  const { actions, clock } = useDashboard();
  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    const form = new FormData(event.currentTarget as HTMLFormElement);
    const note = String(form.get('note')).trim();
    const minutes = Number(form.get('minutes'));
    void actions.acknowledge(id, {
      ...(note === '' ? {} : { note }),
      ...(minutes === 0 ? {} : { until: Math.round(clock()) + minutes * 60_000 }),
    });
  };
  return (
    <form class="acknowledge" onSubmit={submit}>
      <input name="note" placeholder="Note" aria-label="Note" maxLength={500} />
      <select name="minutes" aria-label="How long">
        {endings.map(([minutes, label]) => (
          <option key={minutes} value={minutes}>
            {label}
          </option>
        ))}
      </select>
      <button type="submit">Acknowledge with note</button>
    </form>
  );
}
