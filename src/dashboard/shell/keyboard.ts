import { moveSelection, resolveAndMoveOn } from '../alerts/selection.js';
import type { Dashboard } from '../dashboard.js';

type Action = (dashboard: Dashboard) => void;

const actions: Readonly<Record<string, Action>> = {
  j: (dashboard) => moveSelection(dashboard, 1),
  k: (dashboard) => moveSelection(dashboard, -1),
  a: ({ actions, selected }) => {
    if (selected.value !== undefined) void actions.acknowledge(selected.value);
  },
  r: (dashboard) => {
    if (dashboard.selected.value !== undefined) void resolveAndMoveOn(dashboard, dashboard.selected.value);
  },
  '/': () => document.getElementById('alert-search')?.focus(),
  ' ': togglePause,
  '?': ({ helpShown }) => {
    helpShown.value = true;
  },
};

/** Single keys for the whole page; they rest while something is typed, and in dialogs. */
export function listenToKeys(dashboard: Dashboard): void {
  document.addEventListener('keydown', (event) => {
    if (event.key === 'Escape' && isField(event.target)) (event.target as HTMLElement).blur();
    if (isTaken(event)) return;
    const action = actions[event.key];
    if (action === undefined) return;
    event.preventDefault();
    action(dashboard);
  });
}

export function togglePause({ pausedAt, clock }: Dashboard): void {
  pausedAt.value = pausedAt.value === undefined ? clock() : undefined;
}

function isTaken(event: KeyboardEvent): boolean {
  if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return true;
  if (isField(event.target) || document.querySelector('dialog[open]') !== null) return true;
  return event.key === ' ' && event.target instanceof Element && event.target.closest('button, a, summary') !== null;
}

function isField(target: EventTarget | null): boolean {
  return target instanceof Element && target.closest('input, select, textarea') !== null;
}
