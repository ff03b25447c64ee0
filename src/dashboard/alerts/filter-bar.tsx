import type { ComponentChildren } from 'preact';
import { alertStates } from '../../model/alert.js';
import { severities } from '../../model/severity.js';
import { useDashboard } from '../dashboard.js';
import { SeverityIcon } from '../icons.js';

export function FilterBar() {
  const { preferences, lists } = useDashboard();
  const settings = preferences.settings.value;
  return (
    <search class="filters">
      <div class="filter-top">
        <h2>
          Alerts <span class="count">{lists.value.open.length}</span>
        </h2>
        <input
          id="alert-search"
          type="search"
          placeholder="Search: words or label=value"
          aria-label="Search alerts"
          value={settings.text}
          onInput={(event) => preferences.set({ text: event.currentTarget.value })}
        />
      </div>
      <fieldset>
        <legend class="unseen">Severity</legend>
        {severities.toReversed().map((severity) => (
          <Chip
            key={severity}
            pressed={settings.severities.includes(severity)}
            onToggle={() => preferences.set({ severities: toggled(settings.severities, severity) })}
          >
            <SeverityIcon severity={severity} />
            {severity}
          </Chip>
        ))}
        <span class="divider" />
        {alertStates.map((state) => (
          <Chip
            key={state}
            pressed={settings.states.includes(state)}
            onToggle={() => preferences.set({ states: toggled(settings.states, state) })}
          >
            {state}
          </Chip>
        ))}
      </fieldset>
    </search>
  );
}

interface ChipProps {
  readonly pressed: boolean;
  onToggle(): void;
  readonly children: ComponentChildren;
}

function Chip({ pressed, onToggle, children }: ChipProps) {
  return (
    <button type="button" class="chip" aria-pressed={pressed} onClick={onToggle}>
      {children}
    </button>
  );
}

function toggled<T>(list: readonly T[], item: T): T[] {
  return list.includes(item) ? list.filter((other) => other !== item) : [...list, item];
}
