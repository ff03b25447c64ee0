import type { Logger } from '../model/logger.js';
import type { AlertEvent, AlertView } from '../model/view.js';
import type { Filter } from '../model/wire.js';
import { type AlertFeed, type AlertListener, alertFrames } from './alert-feed.js';
import type { GatewayCounters } from './counters.js';
import { alertFilter } from './filter.js';
import type { Loop } from './loop.js';
import type { LaneOwner } from './outbox.js';
import type { AlertPort } from './ports.js';
import type { SharedFrames } from './shared-frames.js';
import { snapshotItems } from './snapshot-items.js';
import type { Change, Client, Subscription } from './subscription.js';

/** Events read from the log at a time. */
const logPage = 200;
const retryMs = 1_000;

export interface AlertSubscriptionDeps {
  readonly port: AlertPort;
  readonly feed: AlertFeed;
  readonly loop: Loop;
  readonly log: Logger;
  readonly counters: GatewayCounters;
}

export interface AlertRequest {
  readonly id: number;
  readonly filter: Filter;
  readonly snapshot: boolean;
  readonly from?: { readonly epoch: string; readonly seq: number };
}

/**
 * Alerts of one client: a snapshot, then every event after it, none left out and none twice. While the client keeps up
 * it is live: events go straight into its lane. Otherwise nothing is kept for it but a position, from which the log is
 * read page by page as it makes room, until it stands at the head and is live again.
 */
export class AlertSubscription implements Subscription, AlertListener, LaneOwner {
  readonly topic = 'alerts';
  readonly #deps: AlertSubscriptionDeps;
  readonly #client: Client;
  readonly #id: number;
  readonly #wantsSnapshot: boolean;
  #matches: (alert: AlertView) => boolean;
  /** What remains of the snapshot. */
  #views: AlertView[] = [];
  #snapshotDue = false;
  #live = false;
  /** Number of the reading of the log that is under way, 0 when none is; an outdated one is ignored. */
  #reading = 0;
  #readings = 0;
  /** Whether the client has been told how its subscription starts. */
  #begun = false;
  #ended = false;
  /** Last event that was examined: it was left out, waits in the lane, or was written. */
  #examined: number;
  /** Last event before those that wait in the lane. */
  #written: number;
  #waiting = 0;
  /** Events that came while the log was being read. */
  #arrived: AlertEvent[] = [];

  constructor(deps: AlertSubscriptionDeps, client: Client, request: AlertRequest) {
    this.#deps = deps;
    this.#client = client;
    this.#id = request.id;
    // Who comes to resume must not lose events unnoticed: where that cannot be, the snapshot tells what they led to.
    this.#wantsSnapshot = request.snapshot || request.from !== undefined;
    this.#matches = alertFilter(request.filter);
    this.#examined = deps.port.seq;
    this.#written = this.#examined;
    this.#begin(request.from);
    deps.feed.add(this);
    this.resume();
  }

  cursor(): number {
    return this.#waiting === 0 ? this.#examined : this.#written;
  }

  series(): number {
    return 0;
  }

  /** A new filter starts with a snapshot of what it chooses. */
  update({ filter }: Change): void {
    if (filter === undefined) return;
    this.#matches = alertFilter(filter);
    if (this.#begun) this.#takeSnapshot();
    else this.#beginAfresh();
    this.resume();
  }

  end(): void {
    this.#ended = true;
    this.#deps.feed.delete(this);
    this.#client.outbox.drop(this);
  }

  hear(event: AlertEvent, frames: SharedFrames): void {
    if (this.#live) this.#offer(event, frames);
    else if (this.#reading > 0) this.#arrived.push(event);
  }

  written(seq: number): void {
    this.#waiting--;
    this.#written = seq;
  }

  resume(): void {
    if (this.#live || this.#ended || this.#reading > 0 || this.#waiting > 0 || !this.#client.ready()) return;
    if (this.#snapshotDue) this.#sendSnapshotPage();
    else if (this.#examined >= this.#deps.port.seq) this.#live = true;
    else void this.#readLog();
  }

  /** Position and views are read in the same turn, so that they belong together. */
  #begin(from: AlertRequest['from']): void {
    const { epoch, seq } = this.#deps.port;
    if (from === undefined || from.epoch !== epoch || from.seq > seq) this.#beginAfresh();
    else if (from.seq === seq) this.#say('resumed', seq);
    else this.#examined = this.#written = from.seq;
  }

  #beginAfresh(): void {
    this.#say(this.#wantsSnapshot ? 'snapshot' : 'live', this.#deps.port.seq);
    if (this.#wantsSnapshot) this.#takeSnapshot();
    else this.#examined = this.#deps.port.seq;
  }

  #say(mode: 'snapshot' | 'resumed' | 'live', seq: number): void {
    this.#begun = true;
    const { epoch } = this.#deps.port;
    const { encoding, outbox } = this.#client;
    outbox.control(encoding.message({ op: 'subscribed', id: this.#id, mode, epoch, seq }));
    this.#client.flushSoon('urgent');
  }

  #takeSnapshot(): void {
    this.#views = [];
    for (const view of this.#deps.port.views()) if (this.#matches(view)) this.#views.push(view);
    this.#snapshotDue = true;
    this.#live = false;
    this.#reading = 0;
    this.#examined = this.#deps.port.seq;
  }

  #sendSnapshotPage(): void {
    const { encoding } = this.#client;
    const items = snapshotItems(this.#views, encoding);
    const more = items.length < this.#views.length;
    const page = encoding.around({ op: 'snapshot', id: this.#id, more }, 'items', encoding.join(items));
    if (!this.#enqueue(this.#examined, page)) return;
    this.#views = more ? this.#views.slice(items.length) : [];
    this.#snapshotDue = more;
    if (!more && this.#examined === this.#deps.port.seq) this.#live = true;
  }

  /** Returns `false` when the lane is full: then the client is served from the log. */
  #offer(event: AlertEvent, frames: SharedFrames): boolean {
    if (event.seq <= this.#examined) return true;
    if (this.#matches(event.alert)) {
      if (!this.#enqueue(event.seq, frames.for(this.#client.encoding, this.#id))) return this.#fallBehind();
      this.#deps.counters.alerts_sent++;
    }
    this.#examined = event.seq;
    return true;
  }

  #enqueue(seq: number, frame: Uint8Array): boolean {
    if (!this.#client.outbox.alert(this, seq, frame)) return false;
    if (this.#waiting === 0) this.#written = this.#examined;
    this.#waiting++;
    this.#client.flushSoon('urgent');
    return true;
  }

  #fallBehind(): false {
    if (this.#live) this.#deps.counters.alert_lane_overflows++;
    this.#live = false;
    return false;
  }

  async #readLog(): Promise<void> {
    const reading = ++this.#readings;
    this.#reading = reading;
    this.#arrived = [];
    const page = await this.#page();
    if (this.#ended || this.#reading !== reading) return;
    this.#reading = 0;
    if (page === 'failed') this.#deps.loop.later(retryMs, () => this.resume());
    else if (page === undefined) this.#startOver();
    else this.#takePage(page);
  }

  async #page(): Promise<readonly AlertEvent[] | undefined | 'failed'> {
    try {
      return await this.#deps.port.since(this.#examined, logPage);
    } catch (error) {
      this.#deps.log.warn(
        { err: error, after: this.#examined },
        'the event log cannot be read for a client; trying again',
      );
      return 'failed';
    }
  }

  #takePage(page: readonly AlertEvent[]): void {
    if (!this.#begun) this.#say('resumed', this.#examined);
    for (const event of page) if (!this.#offer(event, alertFrames(event))) return;
    if (page.length < logPage) this.#goLive();
    else this.resume();
  }

  /** The page reached the head as it was when it was asked for, and what came since then was heard. */
  #goLive(): void {
    this.#live = true;
    for (const event of this.#arrived) if (this.#live) this.#offer(event, alertFrames(event));
    this.#arrived = [];
  }

  /** What was missed is no longer in the log. */
  #startOver(): void {
    if (!this.#begun) this.#beginAfresh();
    else {
      const from = this.#examined + 1;
      this.#takeSnapshot();
      const { encoding, outbox } = this.#client;
      const gap = { op: 'gap', id: this.#id, from, to: this.#examined, reason: 'no_longer_in_log' } as const;
      outbox.control(encoding.message(gap));
    }
    this.resume();
  }
}
