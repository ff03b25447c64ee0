import type { ConnectionState } from '../../client/index.js';
import { useDashboard } from '../dashboard.js';

const words: Record<ConnectionState['status'], string> = {
  connecting: 'Connecting',
  open: 'Live',
  waiting: 'Offline',
  closed: 'Closed',
};

export function ConnectionBadge() {
  const { connection, pausedAt } = useDashboard();
  const { status } = connection.value;
  const paused = status === 'open' && pausedAt.value !== undefined;
  return (
    <span class={`connection ${paused ? 'paused' : status}`} role="status">
      {paused ? 'Charts paused' : words[status]}
    </span>
  );
}
