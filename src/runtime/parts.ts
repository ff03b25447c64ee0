import { randomUUID } from 'node:crypto';
import { Subject } from 'rxjs';
import { configCommands } from '../live/config-commands.js';
import { AdmissionGate, type AdmissionLimits } from '../streams/admission.js';
import { clearCommands } from '../streams/clear-history.js';
import { Commands } from '../streams/commands.js';
import { DeadLetters, deadLetterCommands } from '../streams/dead-letters.js';
import { Explainer, explainCommands } from '../streams/explain.js';
import { Janitor } from '../streams/janitor.js';
import { LastSamples } from '../streams/last-samples.js';
import type { Asked } from '../streams/lifecycle.js';
import { LogHealth } from '../streams/log-health.js';
import { Mutes } from '../streams/mutes.js';
import { ReadModel } from '../streams/read-model.js';
import { silenceCommands } from '../streams/silence-commands.js';
import { Silences } from '../streams/silences.js';
import type { Condition } from './condition.js';
import type { RuntimeDeps } from './deps.js';
import { lookBackMs } from './look-back.js';

/** What an engine is built of, before any of it runs. */
export interface Parts {
  /** Distinguishes the writes of this process from those of any other. */
  readonly writer: string;
  readonly health: LogHealth;
  readonly readModel: ReadModel;
  readonly mutes: Mutes;
  readonly silences: Silences;
  readonly janitor: Janitor;
  /** What the gate was made with. */
  readonly limits: AdmissionLimits;
  readonly gate: AdmissionGate;
  readonly last: LastSamples;
  readonly deadLetters: DeadLetters;
  readonly asked$: Subject<Asked>;
  readonly commands: Commands;
}

export function createParts(deps: RuntimeDeps, condition: Condition): Parts {
  const { live, driver, clock, scheduler, logger } = deps;
  const writer = randomUUID().slice(0, 8);
  const limits = limitsOf(live.current);
  const mutes = new Mutes(scheduler);
  const parts = {
    ...{ writer, limits, mutes, ...createStores(deps, mutes) },
    health: new LogHealth({ log: driver.log, scheduler, logger, writer }),
    gate: new AdmissionGate({ ...limits, clock, scheduler }),
    last: new LastSamples(),
    deadLetters: new DeadLetters({ outbox: driver.outbox, clock, logger }),
    asked$: new Subject<Asked>(),
  };
  return { ...parts, commands: createCommands(deps, parts, condition) };
}

export function limitsOf({ rateLimit, dedupe }: AdmissionLimits): AdmissionLimits {
  return { rateLimit, dedupe };
}

/** What is kept of alerts and silences, and what takes the old out of the log. */
function createStores(deps: RuntimeDeps, mutes: Mutes): Pick<Parts, 'readModel' | 'silences' | 'janitor'> {
  const { config, live, driver, clock, scheduler, logger } = deps;
  const { log } = driver;
  const keepMs = lookBackMs(config, live);
  const retireOld = () => {
    readModel.retireBefore(clock.wall() - live.current.history.maxAgeMs);
    silences.retire();
  };
  const janitor = new Janitor({
    ...{ log, clock, scheduler, logger, beforeSweep: retireOld },
    get keepMs() {
      return keepMs();
    },
  });
  const readModel = new ReadModel({
    ...{ log, clock, maxBytes: config.history.maxBytes },
    get keepMs() {
      return keepMs();
    },
    get maxResolved() {
      return live.current.history.maxAlerts;
    },
    onRetired: (retired) => janitor.retire(retired),
    onError: (err) => logger.error({ err }, 'the event log can no longer be followed'),
  });
  const silences = new Silences({
    ...{ log, mutes, clock, scheduler, logger },
    history: () => live.current.history,
    onRetired: (retired) => janitor.retire(retired),
  });
  return { readModel, silences, janitor };
}

function createCommands(deps: RuntimeDeps, parts: Omit<Parts, 'commands'>, condition: Condition): Commands {
  const { config, live, driver, clock, scheduler, logger, stats, series } = deps;
  const { readModel, silences, mutes, last, deadLetters, asked$ } = parts;
  const { log } = driver;
  const explainer = new Explainer({
    ...{ log, series, last, clock, scheduler },
    rules: () => live.current.rules,
    states: (of) => condition.thresholds.of(of),
  });
  return new Commands({
    submit: (asked) => asked$.next(asked),
    clock,
    resolveAfterMs: config.ingest.alerts[0]?.resolveAfterMs ?? 24 * 3_600_000,
    get templates() {
      return live.current.templates;
    },
    onWarning: (warning) => stats.warned(warning),
    handlers: {
      ...deadLetterCommands(deadLetters),
      ...configCommands(live),
      ...explainCommands(explainer),
      ...clearCommands({ log, readModel, clock, logger }),
      ...silenceCommands({ silences, mutes, clock }),
    },
    assertReady: () => condition.assertReady(),
  });
}
