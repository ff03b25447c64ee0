import { useSignal } from '@preact/signals';
import type { AlertView } from '../../client/index.js';
import { useDashboard } from '../dashboard.js';
import { AlertRow } from './alert-row.js';
import { FilterBar } from './filter-bar.js';
import { NoAlerts } from './no-alerts.js';

const pageSize = 100;

export function AlertSection() {
  const { lists } = useDashboard();
  const { open, resolved } = lists.value;
  return (
    <section class="alerts" aria-label="Alerts">
      <FilterBar />
      {open.length === 0 ? <NoAlerts /> : <AlertList alerts={open} label="Open alerts" />}
      {resolved.length > 0 && (
        <details class="history" open>
          <summary>
            History <span class="count">{resolved.length}</span>
          </summary>
          <AlertList alerts={resolved} label="Resolved alerts" />
        </details>
      )}
    </section>
  );
}

function AlertList({ alerts, label }: { readonly alerts: readonly AlertView[]; readonly label: string }) {
  const shown = useSignal(pageSize);
  const more = alerts.length - shown.value;
  return (
    <>
      <ul class="alert-list" aria-label={label}>
        {alerts.slice(0, shown.value).map((alert) => (
          <AlertRow key={alert.id} alert={alert} />
        ))}
      </ul>
      {more > 0 && (
        <button
          type="button"
          class="more"
          onClick={() => {
            shown.value += pageSize;
          }}
        >
          {more} more
        </button>
      )}
    </>
  );
}
