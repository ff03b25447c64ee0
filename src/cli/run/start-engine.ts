import { createEngine, type Engine } from '../../engine.js';
import { createGateway } from '../../gateway/index.js';
import type { Logger } from '../../model/logger.js';
import type { Driver } from '../../streams/ports.js';
import type { Closers } from '../closers.js';
import { deferred } from '../deferred.js';
import { startDemo } from '../demo/start-demo.js';
import type { Io } from '../io.js';
import type { RunOptions } from '../options.js';
import type { StopSignal } from '../stop-signal.js';
import { dashboardDir, version } from '../version.js';
import { bannerLines, type Ready } from './banner.js';
import { channelMaker, createChannels } from './create-channels.js';
import { followConfig } from './follow-config.js';
import { hints } from './hints.js';
import type { KnownSecrets } from './known-secrets.js';
import { type OpenedDriver, openDriver } from './open-driver.js';
import { readSettings, type Settings } from './settings.js';

export interface StartOptions {
  readonly settings: Settings;
  readonly options: RunOptions;
  readonly io: Io;
  readonly log: Logger;
  /** Takes what has to be closed again. */
  readonly closers: Closers;
  /** Takes a private nats-server, which has to end after all else. */
  readonly server: Closers;
  readonly stop: StopSignal;
  readonly secrets: KnownSecrets;
}

/** Starts an engine, says where it is and, for the demo, feeds it. Rejects with what keeps it from starting. */
export async function startEngine(start: StartOptions): Promise<void> {
  const { settings, options, io, log, closers } = start;
  const { config, demo } = settings;
  const { json = false } = options;
  const opening = deferred<OpenedDriver>();
  const makeChannel = channelMaker(io, log, json);
  const engine = createEngine({
    config,
    version,
    logger: log,
    channels: createChannels(config, makeChannel),
    makeChannel,
    driver: openLate(start, opening.resolve),
    gateway: (ports) => createGateway(ports, { ...config.gateway, dashboardDir, version, log }),
  });
  closers.add(() => engine.stop());
  if (json) engine.events$.subscribe((event) => io.out(JSON.stringify(event)));

  followFile(start, engine);

  const { url = '' } = await engine.start();
  const { driver, bus, natsUrl } = await opening.promise;
  announce({ url, bus, readyMs: performance.now(), hints: hints(config, demo) }, io, json);
  if (!demo) return;
  const input = natsUrl === undefined ? { bus: driver.bus } : { natsUrl };
  const tell = (line: string) => (json ? io.err(line) : io.out(line));
  await startDemo({ input, events$: engine.events$, tell, log, closers });
}

/** The configuration is read again as it was read first. The demo has no file. */
function followFile({ settings, options, io, log, secrets, closers, stop }: StartOptions, engine: Engine): void {
  const { file } = settings;
  if (file === undefined) return;
  const read = () => {
    const next = readSettings(file, options, io.env);
    secrets.add(next.secrets);
    return next.config;
  };
  closers.add(followConfig({ engine, file, read, watch: options.watch ?? true, stop, io, log }));
}

/** Opens the driver when the engine asks for it. */
function openLate(
  { settings, options, io, log, server, stop }: StartOptions,
  opened: (driver: OpenedDriver) => void,
): () => Promise<Driver> {
  const { config, demo } = settings;
  const given = new AbortController();
  void stop.requested.then(() => given.abort());
  return async () => {
    const { signal } = given;
    const result = await openDriver({ config, demo, dataDir: options.data, env: io.env, log, closers: server, signal });
    opened(result);
    return result.driver;
  };
}

function announce(ready: Ready, io: Io, json: boolean): void {
  if (json) io.out(JSON.stringify({ ready }));
  else for (const line of bannerLines(ready, io.color.out)) io.out(line);
}
