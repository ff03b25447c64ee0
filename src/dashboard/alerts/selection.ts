import type { Dashboard } from '../dashboard.js';

type Selection = Pick<Dashboard, 'lists' | 'selected' | 'actions'>;

export function rowId(id: string): string {
  return `alert-${id}`;
}

/** Selects the alert `step` rows further in the list, from the first one when none is selected. */
export function moveSelection({ lists, selected }: Selection, step: number): void {
  const ids = idsOf(lists.value);
  const at = selected.value === undefined ? -1 : ids.indexOf(selected.value);
  focus(at < 0 ? ids[0] : ids[Math.min(ids.length - 1, Math.max(0, at + step))]);
}

/** Resolves an alert, and selects its neighbour, since the row itself leaves the list. */
export async function resolveAndMoveOn({ lists, selected, actions }: Selection, id: string): Promise<void> {
  const ids = lists.value.open.map((alert) => alert.id);
  const at = ids.indexOf(id);
  const neighbour = ids[at + 1] ?? ids[at - 1];
  const done = await actions.resolve(id);
  if (done && selected.value === id) focus(neighbour);
}

function idsOf({ open, resolved }: Dashboard['lists']['value']): string[] {
  return [...open, ...resolved].map((alert) => alert.id);
}

/** The row that has the focus is the selected one. */
function focus(id: string | undefined): void {
  if (id !== undefined) document.getElementById(rowId(id))?.focus();
}
