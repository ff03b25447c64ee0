import { type Observable, type SchedulerLike, Subject } from 'rxjs';
import type { AlertRecord } from '../model/alert.js';
import { type TimerInput, waitsForRoom } from '../model/decision/index.js';
import { severityRank } from '../model/severity.js';
import { DriverTimer } from '../operators/adapter/driver-timer.js';
import { RateLimitKernel } from '../operators/rate-limit-kernel.js';
import type { RateLimitToken } from '../operators/rate-limit-options.js';

interface Waiting {
  readonly record: AlertRecord;
  /** It was offered, and still waits: the offer is under way, or came to nothing. */
  offered?: { readonly until: number; readonly token: RateLimitToken<string> };
}

export interface RateRoomOptions {
  readonly windows: readonly { readonly max: number; readonly perMs: number }[];
  readonly scheduler: SchedulerLike;
  /** Scheduler time from which the rate key has room. */
  readonly roomAt: (rateKey: string, now: number) => number;
}

/**
 * Grave alerts of rules that were held back while their condition still holds: each is offered again when its rate key
 * has room, gravest first. They use at most half of each window, so that what is new has a chance.
 */
export class RateRoom {
  readonly #options: RateRoomOptions;
  readonly #half: RateLimitKernel<string>;
  readonly #waiting = new Map<string, Map<string, Waiting>>();
  readonly #timer: DriverTimer;
  readonly #offers = new Subject<TimerInput>();

  readonly offers$: Observable<TimerInput> = this.#offers.asObservable();

  constructor(options: RateRoomOptions) {
    this.#options = options;
    const windows = options.windows.map(({ max, perMs }) => ({ max: Math.max(1, Math.floor(max / 2)), perMs }));
    this.#half = new RateLimitKernel({ windows });
    this.#timer = new DriverTimer(options.scheduler, (now) => this.#offer(now));
  }

  /** Takes note of what became of an alert: it begins to wait, or no longer does. */
  update(rateKey: string, record: AlertRecord): void {
    const waiting = this.#waiting.get(rateKey);
    if (waitsForRoom(record)) {
      const queue = waiting ?? new Map<string, Waiting>();
      this.#waiting.set(rateKey, queue.set(record.id, { ...queue.get(record.id), record }));
      this.#timer.armAt(this.#dueAt(rateKey, this.#options.scheduler.now()));
    } else if (waiting?.delete(record.id) && waiting.size === 0) {
      this.#waiting.delete(rateKey);
    }
  }

  dispose(): void {
    this.#timer.dispose();
    this.#offers.complete();
  }

  #offer(now: number): void {
    for (const [rateKey, queue] of this.#waiting) {
      for (const waiting of queue.values()) this.#takeBack(waiting, now);
      if (this.#dueAt(rateKey, now) > now) continue;
      const order = [...queue.values()].filter(({ offered }) => offered === undefined).sort(gravestFirst);
      for (const waiting of order) {
        if (this.#dueAt(rateKey, now) > now) break;
        const { key, id } = waiting.record;
        waiting.offered = { until: now + offerMs, token: this.#half.commit(rateKey, now) };
        this.#offers.next({ kind: 'timer', timer: 'rate_room', key, id });
      }
    }
    this.#arm(now);
  }

  /** An offer that came to nothing used nothing up. */
  #takeBack(waiting: Waiting, now: number): void {
    const { offered } = waiting;
    if (offered === undefined || offered.until > now) return;
    this.#half.release(offered.token);
    delete waiting.offered;
  }

  #arm(now: number): void {
    let due = Number.POSITIVE_INFINITY;
    for (const [rateKey, queue] of this.#waiting) {
      const dueAt = this.#dueAt(rateKey, now);
      for (const { offered } of queue.values()) due = Math.min(due, offered?.until ?? dueAt);
    }
    this.#timer.armAt(due);
  }

  #dueAt(rateKey: string, now: number): number {
    const half = this.#half.peek(rateKey, now);
    return Math.max(half.admitted ? now : half.retryAt, this.#options.roomAt(rateKey, now));
  }
}

/** What was offered and still waits after so long is offered again. */
const offerMs = 50;

function gravestFirst({ record: a }: Waiting, { record: b }: Waiting): number {
  return severityRank(b.severity) - severityRank(a.severity) || (a.id < b.id ? -1 : 1);
}
