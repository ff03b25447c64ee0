import { useDashboard } from '../dashboard.js';
import { defaultSettings } from '../settings.js';

/** What stands where alerts would: why there are none, and what to do. */
export function NoAlerts() {
  const { alerts, preferences, rules } = useDashboard();
  alerts.revision.value;
  if (!alerts.loaded.value) return <p class="empty">Waiting for the server…</p>;
  const { states, severities, text } = preferences.settings.value;
  if (states.length > 0 || severities.length > 0 || text !== '') {
    const { theme, window, metric } = preferences.settings.value;
    return (
      <div class="empty">
        <p>No open alert matches the filter.</p>
        <button type="button" onClick={() => preferences.set({ ...defaultSettings, theme, window, metric })}>
          Clear the filter
        </button>
      </div>
    );
  }
  return (
    <div class="empty">
      <p>
        <strong>All quiet.</strong> No alert is open.
      </p>
      {rules.value.length === 0 ? (
        <p>
          No rule is watching. Add one to the configuration under <code>rules</code>, or raise an alert:
        </p>
      ) : (
        <p>
          {rules.value.length === 1 ? 'One rule is' : `${rules.value.length} rules are`} watching. To see an alert,
          publish a value beyond a threshold, or raise one:
        </p>
      )}
      <pre>{raiseCommand()}</pre>
    </div>
  );
}

function raiseCommand(): string {
  const url = new URL('v1/alerts', location.origin + location.pathname);
  return `curl ${url} -H 'Content-Type: application/json' \\\n  -d '{"title": "Hello", "severity": "low"}'`;
}
