import { map, type OperatorFunction, type SchedulerLike } from 'rxjs';
import type { AlertRecord } from '../model/alert.js';
import type { TimerInput } from '../model/decision/index.js';
import type { Logger } from '../model/logger.js';
import { type EscalationLadder, escalate } from '../operators/escalate.js';
import type { Clock } from './ports.js';

export interface EscalationDeps {
  readonly clock: Clock;
  readonly scheduler: SchedulerLike;
  readonly logger: Logger;
}

/** More alerts than this are not open at a time on one engine; beyond it a ladder is refused, and that is logged. */
const maxOpen = 2 ** 24;

/**
 * For each record that passes: its next rung comes out when it is due. The record says where its alert stands, so every
 * transition places it anew, and one without a next rung (acknowledged, resolved, at the top) takes it off.
 */
export function escalation(deps: EscalationDeps): OperatorFunction<AlertRecord, TimerInput> {
  const { scheduler, logger } = deps;
  const climb = escalate((record: AlertRecord) => record.key, {
    ladder: (record) => ladderOf(record, deps),
    maxKeys: maxOpen,
    onError: 'skip',
    side: { next: (notice) => logger.error({ notice }, 'an alert cannot escalate') },
    scheduler,
  });
  return (records) => records.pipe(climb, map(toTimer));
}

function ladderOf(
  { chain, escalation: place }: AlertRecord,
  { clock, scheduler }: EscalationDeps,
): EscalationLadder | undefined {
  if (chain === undefined || place.nextAt === undefined) return undefined;
  const nextAt = scheduler.now() + (place.nextAt - clock.wall());
  // One rung at a time: the next one is placed by the record that this one led to, once the log has it.
  return { steps: chain.levels, max: place.level + 1, position: { level: place.level, nextAt } };
}

function toTimer({ key, item, level }: { key: string; item: AlertRecord | undefined; level: number }): TimerInput {
  return { kind: 'timer', timer: 'escalate', key, id: item?.id ?? '', level };
}
