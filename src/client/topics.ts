import type { ClientMessage, MetricRow, SeriesInfo, ServerMessage } from '../model/wire.js';
import type { AlertUpdate, AlertView, EngineStats, Filter, MetricPoint, MetricsOptions, Observer } from './types.js';

export type SubscribeMessage = Extract<ClientMessage, { op: 'subscribe' }>;
type Request = Omit<SubscribeMessage, 'op' | 'id'>;

/** What one subscription asks for, and what it makes of the answers. It outlives connections. */
export interface Topic {
  /** Asked anew on every connection. `maxHz` is the rate to ask for, when it is not the one wanted. */
  request(maxHz?: number): Request;
  handle(message: ServerMessage): void;
  /** Sequence that a heartbeat carries for this subscription. */
  position?(seq: number): void;
  /** Flushes a second while nobody holds it back; absent where there is nothing to flush. */
  readonly maxHz?: number;
}

/** Values of the series that match; sids are resolved here, since they mean nothing on another connection. */
export function metricsTopic(
  observer: Observer<readonly MetricPoint[]>,
  subjects: readonly string[],
  { maxHz = 10, filter }: MetricsOptions,
): Topic {
  const series = new Map<number, SeriesInfo>();
  const emit = (rows: readonly MetricRow[]): void => {
    const points = rows.flatMap((row) => toPoint(row, series));
    if (points.length > 0) observer.next(points);
  };
  return {
    maxHz,
    request: (hz = maxHz) => ({ topic: 'metrics', subjects, maxHz: hz, ...(filter && { filter }) }),
    handle(message) {
      if (message.op === 'subscribed') series.clear();
      else if (message.op === 'series') for (const [sid, info] of message.series) series.set(sid, info);
      else if (message.op === 'metrics') emit(message.rows);
      else if (message.op === 'snapshot') emit(message.items as readonly MetricRow[]);
    },
  };
}

function toPoint(row: MetricRow, known: ReadonlyMap<number, SeriesInfo>): MetricPoint | [] {
  const [sid, time, value, count, min, max] = row;
  const series = known.get(sid);
  return series === undefined ? [] : { series, time, value, count, min, max };
}

/** Alerts with a cursor: a later connection goes on behind the last event, and what comes twice is dropped. */
export function alertsTopic(observer: Observer<AlertUpdate>, filter?: Filter): Topic {
  let cursor: { epoch: string; seq: number } | undefined;
  let snapshot: { epoch: string; seq: number; alerts: AlertView[] } | undefined;

  const began = ({ mode, epoch, seq }: Extract<ServerMessage, { op: 'subscribed' }>): void => {
    snapshot = mode === 'snapshot' ? { epoch, seq, alerts: [] } : undefined;
    if (mode === 'live') cursor = { epoch, seq };
  };
  const page = (items: readonly AlertView[], more: boolean): void => {
    if (snapshot === undefined) return;
    const { alerts, ...position } = snapshot;
    alerts.push(...items);
    if (more) return;
    // Only now: a connection lost between two pages must start over.
    snapshot = undefined;
    cursor = position;
    observer.next({ type: 'snapshot', alerts });
  };
  const happened = ({ seq, event }: Extract<ServerMessage, { op: 'alert' }>): void => {
    if (cursor !== undefined && seq <= cursor.seq) return;
    if (cursor !== undefined) cursor.seq = seq;
    observer.next({ type: 'event', event });
  };

  return {
    request: () => ({ topic: 'alerts', ...(filter && { filter }), ...(cursor && { from: { ...cursor } }) }),
    handle(message) {
      if (message.op === 'alert') happened(message);
      else if (message.op === 'subscribed') began(message);
      else if (message.op === 'snapshot') page(message.items as readonly AlertView[], message.more);
      else if (message.op === 'gap') {
        observer.next({ type: 'gap', from: message.from, to: message.to, reason: message.reason });
      }
    },
    position(seq) {
      if (cursor !== undefined && snapshot === undefined) cursor.seq = Math.max(cursor.seq, seq);
    },
  };
}

export function statsTopic(observer: Observer<EngineStats>): Topic {
  return {
    request: () => ({ topic: 'stats' }),
    handle(message) {
      if (message.op === 'stats') observer.next(message.stats);
    },
  };
}
