import { map, type OperatorFunction, type SchedulerLike } from 'rxjs';
import type { AlertRecord } from '../model/alert.js';
import type { TimerInput } from '../model/decision/index.js';
import type { Logger } from '../model/logger.js';
import { type EscalationLadder, escalate } from '../operators/escalate.js';
import { remainingMs, rungTimer } from './alert-timers.js';
import type { ArmedTimers } from './armed-timers.js';
import type { CatchUp } from './catch-up.js';
import type { Clock } from './ports.js';

export interface EscalationDeps {
  readonly catchUp: Pick<CatchUp, 'notBefore'>;
  readonly armed: ArmedTimers;
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
  return (records) =>
    records.pipe(
      climb,
      map(({ item, level }) => toTimer(item!, level, deps)),
    );
}

function ladderOf(record: AlertRecord, { clock, scheduler, ...deps }: EscalationDeps): EscalationLadder | undefined {
  const rung = rungTimer(record);
  if (record.chain === undefined || rung === undefined) {
    deps.armed.forget(record.keyHash);
    return undefined;
  }
  const dueAt = deps.armed.at(record, rung) ?? scheduler.now() + remainingMs(rung, clock.wall());
  const nextAt = Math.max(dueAt, deps.catchUp.notBefore(record.id));
  deps.armed.note(record, rung, nextAt);
  const { level } = record.escalation;
  // One rung at a time: the next one is placed by the record that this one led to, once the log has it.
  return { steps: record.chain.levels, max: level + 1, position: { level, nextAt } };
}

function toTimer({ key, keyHash, id }: AlertRecord, level: number, { armed }: EscalationDeps): TimerInput {
  armed.forget(keyHash);
  return { kind: 'timer', timer: 'escalate', key, id, level };
}
