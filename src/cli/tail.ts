import { WebSocket } from 'ws';
import {
  type AlertEvent,
  type AlertUpdate,
  type Client,
  type ConnectionState,
  connect,
  type MetricPoint,
} from '../client/index.js';
import { CliError } from './cli-error.js';
import { engineAddress } from './engine-address.js';
import { exitStatus } from './exit-status.js';
import type { Io } from './io.js';
import { alertLine, metricLine } from './lines.js';
import type { TailOptions } from './options.js';
import { type Stop, watchStopSignal } from './stop-signal.js';

/** Prints a line for each event until stopped. Throws `engine_unreachable` when no engine answers at first. */
export async function tail(
  what: 'alerts' | 'metrics',
  options: TailOptions,
  io: Io,
  stop: Stop = watchStopSignal(),
): Promise<number> {
  const url = options.url ?? engineAddress(io.env);
  const client = connect(url, { WebSocket });
  const failed = new Promise<never>((_, reject) => {
    client.states.subscribe(connectionWatcher(url, io, reject));
    if (what === 'alerts') followAlerts(client, options, io, reject);
    else followMetrics(client, options, io, reject);
  });
  try {
    await Promise.race([stop.requested, failed]);
    return exitStatus.ok;
  } finally {
    client.close();
  }
}

/** An engine that was reached once is waited for when it goes away; one that never was is a failure. */
function connectionWatcher(url: string, io: Io, fail: (error: Error) => void) {
  let reached = false;
  let lost = false;
  return (state: ConnectionState): void => {
    if (state.status === 'open') {
      if (lost) io.err('connected again');
      reached = true;
      lost = false;
    } else if (state.status === 'closed' || (state.status === 'waiting' && !reached)) {
      fail(unreachable(url, state.reason));
    } else if (!lost && reached) {
      io.err('connection lost, trying again');
      lost = true;
    }
  };
}

function unreachable(url: string, reason: string): CliError {
  return new CliError('engine_unreachable', exitStatus.unavailable, `no engine answers at ${url}: ${reason}`, [
    'start one (tocsin run), or give its address with --url',
  ]);
}

function followAlerts(
  client: Client,
  { minSeverity, json }: TailOptions,
  io: Io,
  error: (error: unknown) => void,
): void {
  const print = (event: AlertEvent): void => {
    if (json) io.out(JSON.stringify(event));
    // Its end is told; that it began is for programs.
    else if (event.type !== 'sending') io.out(alertLine(event, io.color.out));
  };
  const next = (update: AlertUpdate): void => {
    if (update.type === 'event') print(update.event);
    else if (update.type === 'gap') io.err(`events ${update.from} to ${update.to} are missing: ${update.reason}`);
  };
  client.alerts(minSeverity === undefined ? {} : { minSeverity }).subscribe({ next, error });
}

function followMetrics(client: Client, { subject, json }: TailOptions, io: Io, error: (error: unknown) => void): void {
  const next = (points: readonly MetricPoint[]): void => {
    for (const point of points) io.out(json ? JSON.stringify(point) : metricLine(point));
  };
  client.metrics(subject ?? 'metrics.>').subscribe({ next, error });
}
