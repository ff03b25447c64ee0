import { useDashboard } from '../dashboard.js';
import { formatCountdown } from '../format.js';

/** Says that what is on the page is old, and since when it will not be. */
export function ConnectionBanner() {
  const { connection, client, now } = useDashboard();
  const state = connection.value;
  if (state.status === 'open') return null;
  // Not a word at the first attempt: it is over before it could be read.
  if (state.status === 'connecting' && state.attempt === 0) return null;
  if (state.status === 'closed') {
    return (
      <div class="banner" role="alert">
        <strong>The server closed this connection for good.</strong> {state.reason}. Reload the page to try again.
      </div>
    );
  }
  now.value;
  return (
    <div class="banner" role="alert">
      <strong>No connection to the server.</strong> What you see is not up to date.{' '}
      {state.status === 'connecting' ? (
        'Connecting…'
      ) : (
        <>
          Next attempt in <span aria-hidden="true">{formatCountdown(Math.max(1, state.retryAt - Date.now()))}</span>{' '}
          <button type="button" onClick={() => client.reconnect()}>
            Try now
          </button>
        </>
      )}
    </div>
  );
}
