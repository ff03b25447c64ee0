import { followAdmission } from '../live/live-admission.js';
import { part$ } from '../live/settings.js';
import { type AlertRecord, isOpen } from '../model/alert.js';
import type { AdmissionLimits } from '../streams/admission.js';
import { eventsSince } from '../streams/admission-history.js';
import { type FoundCheckpoint, findCheckpoint, type Remembered, remembered } from '../streams/checkpoint-restore.js';
import type { ReadModel } from '../streams/read-model.js';
import { longestWindowMs } from './look-back.js';
import { limitsOf } from './parts.js';
import type { Running } from './running.js';

/** Messages of the log up to which the whole history is read before the engine is ready. */
const shortHistory = 1_000;

/** Alerts and silences of the log, and who mutes whom by them. */
export async function loadState({ deps, parts, onStop }: Running): Promise<void> {
  const { readModel, silences, mutes } = parts;
  await readModel.load();
  await silences.load();
  const inhibitions$ = part$(deps.live, ({ inhibit }) => inhibit);
  const inhibiting = inhibitions$.subscribe((inhibitions) => mutes.setRules(inhibitions));
  onStop(() => inhibiting.unsubscribe());
  mutes.restore(recordsOf(readModel));
  deps.onLoaded(readModel);
}

/** What was admitted and held back within the longest window still counts. */
export async function restoreAdmission({ deps, parts, onStop }: Running): Promise<void> {
  const { live, driver, clock, scheduler, logger } = deps;
  const { gate, limits, readModel } = parts;
  const held = (id: string, seq: number) => readModel.held(id, seq);
  const since = (asked: AdmissionLimits) => eventsSince(driver.log, clock.wall() - longestWindowMs(asked), held);
  const open = () => recordsOf(readModel).filter(isOpen);
  gate.restore(await since(limits), open());
  const change = (next: AdmissionLimits) => gate.change(limitsOf(next), () => since(next), open);
  const following = followAdmission(live, { limits, change, scheduler, logger });
  onStop(() => following.unsubscribe());
}

/** What rules remember beyond the alerts. */
export interface Recalled {
  readonly remembered: Remembered;
  readonly found: FoundCheckpoint['found'];
}

export async function recall({ deps, parts }: Running): Promise<Recalled> {
  const { live, driver, clock, scheduler, logger, series } = deps;
  const checkpoint = await findCheckpoint(driver.log, logger);
  const loaded = [...parts.readModel.records()];
  const { rules } = live.current;
  return {
    remembered: remembered(checkpoint, { rules, series, loaded, clock, scheduler, logger }),
    found: checkpoint.found,
  };
}

/** From now on, what this engine and others write is known as soon as it is in the log. */
export function follow({ deps, parts, onStop }: Running): void {
  const { readModel, silences } = parts;
  onStop(deps.live.follow());
  readModel.follow();
  silences.follow();
  onStop(() => {
    readModel.stop();
    silences.stop();
  });
}

/** A short history is complete from the start; a long one is read while the engine runs. */
export async function loadEarlier({ deps, parts }: Running): Promise<void> {
  const { logger } = deps;
  const loading = parts.readModel
    .loadEarlier()
    .catch((err: unknown) => logger.warn({ err }, 'earlier incidents could not be read: they are not listed'));
  if (parts.readModel.seq <= shortHistory) await loading;
}

function recordsOf(readModel: ReadModel): AlertRecord[] {
  return [...readModel.records()].map(({ record }) => record);
}
