export interface PageEvents {
  hidden(): void;
  shown(): void;
  /** The network is back. */
  online(): void;
}

/** Follows the page that the client lives in; outside a browser it does nothing. Returns what ends it. */
export function followPage(events: PageEvents): () => void {
  if (typeof document === 'undefined') return () => {};
  const changed = (): void => (document.visibilityState === 'hidden' ? events.hidden() : events.shown());
  const online = (): void => events.online();
  if (document.visibilityState === 'hidden') events.hidden();
  document.addEventListener('visibilitychange', changed);
  window.addEventListener('online', online);
  return () => {
    document.removeEventListener('visibilitychange', changed);
    window.removeEventListener('online', online);
  };
}
