import type { SchedulerLike } from 'rxjs';
import type { AlertRecord } from '../model/alert.js';
import { severityRank } from '../model/severity.js';
import { type AlertTimer, nextTimer } from './alert-timers.js';
import type { Clock } from './ports.js';

/** After a restart nobody is notified before so much time has passed: what clears an alert may come first. */
const settleMs = 1_000;
/** Of the timers that came due while no engine ran, the gravest fire at once … */
const atOnce = 100;
/** … and the others are spread over this time. */
const spreadMs = 5_000;

interface Overdue {
  readonly record: AlertRecord;
  readonly timer: AlertTimer;
}

export interface CatchUpDeps {
  readonly clock: Clock;
  readonly scheduler: SchedulerLike;
}

/** The time after a restart in which nobody is notified. */
export class Settling {
  /** Resolves when it is over. */
  readonly over: Promise<void>;
  readonly end: () => void;

  /** Where nothing was `loaded` there is nothing to settle. */
  constructor(loaded: readonly unknown[], scheduler: SchedulerLike) {
    let end = () => {};
    this.over = new Promise((resolve) => {
      end = resolve;
    });
    const timer = loaded.length === 0 ? undefined : scheduler.schedule(() => end(), settleMs);
    if (timer === undefined) end();
    this.end = () => {
      timer?.unsubscribe();
      end();
    };
  }
}

/** When timers that came due during a downtime may fire: after the engine has settled, and not in one burst. */
export class CatchUp {
  /** Scheduler times, by id of the alert. */
  readonly #notBefore = new Map<string, number>();

  /** `loaded`: what the log held at start. */
  constructor(loaded: Iterable<{ readonly record: AlertRecord }>, { clock, scheduler }: CatchUpDeps) {
    const settledAt = scheduler.now() + settleMs;
    const overdue = overdueAt(clock.wall() + settleMs, loaded);
    const perMs = Math.max(0, overdue.length - atOnce) / spreadMs;
    overdue.forEach(({ record }, index) => {
      const delayMs = index < atOnce ? 0 : (index - atOnce + 1) / perMs;
      this.#notBefore.set(record.id, settledAt + delayMs);
    });
  }

  /** Scheduler time before which no timer of this alert fires. */
  notBefore(id: string): number {
    return this.#notBefore.get(id) ?? Number.NEGATIVE_INFINITY;
  }
}

/** Gravest first, then what has been due for longest. */
function overdueAt(wall: number, loaded: Iterable<{ readonly record: AlertRecord }>): Overdue[] {
  const overdue: Overdue[] = [];
  for (const { record } of loaded) {
    const timer = nextTimer(record);
    if (timer !== undefined && timer.dueAt <= wall) overdue.push({ record, timer });
  }
  return overdue.sort(
    (a, b) => severityRank(b.record.severity) - severityRank(a.record.severity) || a.timer.dueAt - b.timer.dueAt,
  );
}
