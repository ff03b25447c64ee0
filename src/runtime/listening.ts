import type { Subscription } from 'rxjs';
import type { Rejection, Sample, SampleAnswer } from '../model/sample.js';
import { captureWatch } from '../streams/capture-watch.js';
import { listenForCommands } from '../streams/command-subjects.js';
import { createSampleDecoder, sampleAnswer } from '../streams/decode.js';
import { intake, note } from '../streams/intake.js';
import { listenForRaises, type RaisesDeps } from '../streams/raises.js';
import { RejectedReporter } from '../streams/rejected.js';
import { source } from '../streams/source.js';
import type { RuntimeDeps } from './deps.js';
import type { Running } from './running.js';

/** Whether there is a connection. */
export function watchConnection({ deps, condition, onStop }: Running): void {
  const watching = deps.driver.control.status$.subscribe((status) => {
    condition.status = status;
  });
  onStop(() => watching.unsubscribe());
}

/** Who would answer raises in our place may come later, too. */
export function watchCaptures({ deps, condition, onStop }: Running): void {
  const { driver, scheduler, logger } = deps;
  const watching = captureWatch(driver, raiseSubjects(deps), scheduler).subscribe((captured) => {
    if (captured !== undefined) {
      condition.counters.alerts_captured++;
      logger.warn({}, captured);
    } else if (condition.captured !== undefined) logger.info({}, 'no stream captures alerts any more');
    condition.captured = captured;
  });
  onStop(() => watching.unsubscribe());
}

/** Where alerts are raised. */
export function raiseSubjects({ config }: RuntimeDeps): string[] {
  return config.ingest.alerts.map(({ subject }) => subject);
}

/** Takes samples of this very program, as a message of them would be taken. */
export type Publish = (samples: unknown) => SampleAnswer;

/** Commands, raises and samples come in, statistics go out, until `listening` is unsubscribed. */
export function listen(running: Running, listening: Subscription): Publish {
  const { config, driver, logger, scheduler } = running.deps;
  const { control } = driver;
  const subject = `${config.prefix}.rejected`;
  const rejected = new RejectedReporter({ bus: control, subject, logger, scheduler });
  const reject = (rejection: Rejection) => rejected.report(rejection);
  listening.add(listenForCommands(control, config.prefix, running.parts.commands));
  listenToRaises(running, reject, listening);
  listening.add(publishStats(running));
  return listenToSamples(running, reject, listening);
}

function listenToRaises(
  { deps, parts }: Running,
  reject: (rejection: Rejection) => void,
  listening: Subscription,
): void {
  const { config, live, driver, clock, stats } = deps;
  const raises: RaisesDeps = {
    ...{ bus: driver.control, queue: config.prefix, ingest: config.ingest.alerts, commands: parts.commands, clock },
    get templates() {
      return live.current.templates;
    },
    reject: (rejection) => {
      stats.rejected(rejection);
      reject(rejection);
    },
  };
  for (const subscription of listenForRaises(raises)) listening.add(subscription);
}

function listenToSamples(
  { deps, parts }: Running,
  reject: (rejection: Rejection) => void,
  listening: Subscription,
): Publish {
  const { config, driver, clock, stats, series, samples$ } = deps;
  const { metrics, limits } = config.ingest;
  const decoder = createSampleDecoder({ ingest: metrics, limits, series, now: () => clock.wall() });
  const subjects = metrics.map(({ subject }) => subject);
  const take = (batch: readonly Sample[]) => {
    parts.last.note(batch);
    samples$.next(batch);
  };
  listening.add(source(driver.bus, subjects).pipe(intake({ decoder, stats, reject })).subscribe(take));
  return (samples) => {
    const decoded = decoder.read(samples, 'library');
    note(decoded, { stats, reject });
    if (decoded.samples.length > 0) take(decoded.samples);
    return sampleAnswer(decoded);
  };
}

function publishStats({ deps, condition }: Running): Subscription {
  const { config, driver, stats$ } = deps;
  const encoder = new TextEncoder();
  return stats$.subscribe((current) => {
    if (condition.isConnected)
      driver.control.publish(`${config.prefix}.stats`, encoder.encode(JSON.stringify(current)));
  });
}

/** Who is told that we are ready may publish at once. A server that went away learns it when it is back. */
export async function heard({ deps }: Running): Promise<void> {
  const { bus, control } = deps.driver;
  await Promise.allSettled([bus.flush(), control.flush()]);
}
