import type { Observable, SchedulerLike, Subject } from 'rxjs';
import type { EngineConfig } from '../config/engine-config.js';
import type { LiveConfig } from '../live/live-config.js';
import type { Logger } from '../model/logger.js';
import type { Sample } from '../model/sample.js';
import type { EngineStats } from '../model/wire.js';
import type { ChannelRegistry } from '../streams/channel-registry.js';
import type { Clock, Driver } from '../streams/ports.js';
import type { ReadModel } from '../streams/read-model.js';
import type { SeriesTable } from '../streams/series-table.js';
import type { Stats } from '../streams/stats.js';

export interface RuntimeDeps {
  /** As it was at the start: for what only a start takes over. */
  readonly config: EngineConfig;
  /** As it is now. */
  readonly live: LiveConfig;
  readonly driver: Driver;
  readonly channels: ChannelRegistry;
  readonly clock: Clock;
  readonly scheduler: SchedulerLike;
  readonly random: () => number;
  readonly logger: Logger;
  readonly stats: Stats;
  readonly stats$: Observable<EngineStats>;
  readonly series: SeriesTable;
  /** Where decoded samples go besides the rules. */
  readonly samples$: Subject<readonly Sample[]>;
  /** Called when the alerts of the log are known, before anything moves them. */
  readonly onLoaded: (model: ReadModel) => void;
}
