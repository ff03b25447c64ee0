import type { ComponentChildren } from 'preact';
import { alertStates } from '../../model/alert.js';
import { severities } from '../../model/severity.js';
import { useDashboard } from '../dashboard.js';
import { SeverityIcon } from '../icons.js';

export function FilterBar() {
  const { preferences, lists } = useDashboard();
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
          value={preferences.settings.value.text}
          onInput={(event) => preferences.set({ text: event.currentTarget.value })}
        />
      </div>
      <Chips />
    </search>
  );
}

function Chips() {
  const { preferences } = useDashboard();
  const chosen = preferences.settings.value;
  return (
    <fieldset>
      <legend class="unseen">Severity and state</legend>
      {severities.toReversed().map((severity) => (
        <Chip
          key={severity}
          pressed={chosen.severities.includes(severity)}
          onToggle={() => preferences.set({ severities: toggled(chosen.severities, severity) })}
        >
          <SeverityIcon severity={severity} />
          {severity}
        </Chip>
      ))}
      <span class="divider" />
      {alertStates.map((state) => (
        <Chip
          key={state}
          pressed={chosen.states.includes(state)}
          onToggle={() => preferences.set({ states: toggled(chosen.states, state) })}
        >
          {state}
        </Chip>
      ))}
    </fieldset>
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
