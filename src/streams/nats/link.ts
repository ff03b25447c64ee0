import { Events, type NatsConnection, type Status } from 'nats';
import { BehaviorSubject, filter, firstValueFrom, type Observable } from 'rxjs';
import type { Logger } from '../../model/logger.js';
import type { DriverCounters } from '../driver/counters.js';
import { createGate } from '../driver/gate.js';
import { bounded } from '../driver/pause.js';
import type { BusStatus } from '../ports.js';
import { startHeartbeat } from './heartbeat.js';

/** A connection whose state can be asked and waited for. */
export interface Link {
  readonly nc: NatsConnection;
  readonly role: string;
  readonly log: Logger;
  readonly counters: DriverCounters;
  readonly status$: Observable<BusStatus>;
  status(): BusStatus;
  /** Resolves when connected or closed, after `ms`, or when `signal` aborts. */
  settled(ms: number, signal?: AbortSignal): Promise<void>;
  /** Lets what is on its way out, bounded in time. Idempotent. */
  close(): Promise<void>;
}

type About = Pick<Link, 'role' | 'log' | 'counters'>;

const drainMs = 2_000;

/** Follows the state of a connection and logs its edges. */
export function createLink(nc: NatsConnection, about: About): Link {
  const status$ = new BehaviorSubject<BusStatus>('connected');
  let closing: Promise<void> | undefined;
  void watch(nc, about, status$);
  const stopHeartbeat = startHeartbeat(nc, () => status$.value === 'connected');
  status$.subscribe({ complete: stopHeartbeat });
  return {
    ...about,
    nc,
    status$: status$.asObservable(),
    status: () => status$.value,
    settled: (ms, signal) => settled(status$, ms, signal),
    close() {
      closing ??= closeConnection(nc, status$);
      return closing;
    },
  };
}

async function watch(nc: NatsConnection, about: About, status$: BehaviorSubject<BusStatus>): Promise<void> {
  const mayLog = createGate(1_000);
  for await (const event of nc.status()) {
    // A completed subject would still take over the value.
    if (status$.value === 'closed') return;
    const now = statusAfter(event) ?? status$.value;
    if (now !== status$.value) changeTo(now, event, about, status$);
    else if (event.type === Events.Error) noteError(event, about, mayLog);
  }
  if (status$.value === 'closed') return;
  about.log.error({ role: about.role }, 'NATS connection closed for good');
  end(status$);
}

/** Each failed dial is reported as a disconnect, and they all report the reconnect: only changes matter. */
function statusAfter(event: Status): BusStatus | undefined {
  if (event.type === Events.Disconnect) return 'disconnected';
  return event.type === Events.Reconnect ? 'connected' : undefined;
}

function changeTo(now: BusStatus, event: Status, about: About, status$: BehaviorSubject<BusStatus>): void {
  const { counters, log, role } = about;
  if (now === 'connected') {
    counters.reconnects++;
    log.info({ role, server: event.data }, 'NATS connection restored');
  } else {
    counters.disconnects++;
    log.warn({ role, server: event.data }, 'NATS connection lost, reconnecting');
  }
  status$.next(now);
}

function noteError(event: Status, { counters, log, role }: About, mayLog: () => boolean): void {
  counters.connection_errors++;
  if (mayLog()) log.warn({ role, ...describe(event) }, 'NATS reported an error');
}

/** A permission error names the operation and the subject. */
function describe(event: Status): object {
  return { code: event.data, ...event.permissionContext };
}

async function settled(status$: BehaviorSubject<BusStatus>, ms: number, signal?: AbortSignal): Promise<void> {
  if (status$.value !== 'disconnected') return;
  const wait = firstValueFrom(status$.pipe(filter((status) => status !== 'disconnected')), { defaultValue: 'closed' });
  await bounded(wait, ms, signal);
}

function end(status$: BehaviorSubject<BusStatus>): void {
  status$.next('closed');
  status$.complete();
}

/** Workers and readers must end before the drain. A drain needs the server; without one it would wait for the next. */
async function closeConnection(nc: NatsConnection, status$: BehaviorSubject<BusStatus>): Promise<void> {
  const wasConnected = status$.value === 'connected';
  end(status$);
  if (wasConnected && !nc.isClosed()) await bounded(nc.drain(), drainMs);
  if (!nc.isClosed()) await bounded(nc.close(), drainMs);
}
