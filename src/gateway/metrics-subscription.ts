import { TocsinError } from '../model/errors.js';
import type { Filter } from '../model/wire.js';
import type { Encoding } from './encoding.js';
import type { MetricsHub } from './metrics-hub.js';
import { periodOf } from './pace.js';
import type { Group, Member } from './selection.js';
import type { Change, Client, SeriesBudget, Subscription } from './subscription.js';

export interface MetricsRequest {
  readonly id: number;
  readonly subjects: readonly string[];
  readonly filter: Filter;
  readonly maxHz: number;
  readonly snapshot: boolean;
}

/**
 * Metrics of one client: the last value of each series, then rows of what happened since. A connection may have hundreds,
 * so it holds nothing that its group knows.
 */
export class MetricsSubscription implements Subscription, Member {
  readonly id: number;
  group: Group;
  announced = 0;
  readonly #hub: MetricsHub;
  readonly #client: Client & SeriesBudget;
  readonly #wantsSnapshot: boolean;

  /** Throws `too_many_series_subscribed`. `epoch` is told to the client. */
  constructor(hub: MetricsHub, client: Client & SeriesBudget, epoch: string, request: MetricsRequest) {
    const { id, subjects, filter, maxHz, snapshot } = request;
    this.id = id;
    this.#hub = hub;
    this.#client = client;
    this.#wantsSnapshot = snapshot;
    this.#checkRoom(subjects, filter);
    this.group = hub.join(this, subjects, filter, periodOf(maxHz));
    const mode = snapshot ? 'snapshot' : 'live';
    client.outbox.control(client.encoding.message({ op: 'subscribed', id, mode, epoch, seq: 0 }));
    client.flushSoon('regular');
    if (snapshot) hub.snapshot(this);
  }

  get topic(): 'metrics' {
    return 'metrics';
  }

  get encoding(): Encoding {
    return this.#client.encoding;
  }

  cursor(): number {
    return 0;
  }

  series(): number {
    return this.group.selection.sids.length;
  }

  ready(): boolean {
    return this.#client.ready();
  }

  deliver(frame: Uint8Array): void {
    this.#client.outbox.rows(this, frame);
    this.#client.flushSoon('regular');
  }

  grown(): void {
    if (this.series() > this.#client.room(this.id)) this.#client.outgrown(this.id, tooMany());
  }

  /** A new filter starts with the last values of the series that it chooses. Throws `too_many_series_subscribed`. */
  update({ maxHz, filter }: Change): void {
    const periodMs = maxHz === undefined ? this.group.periodMs : periodOf(maxHz);
    if (filter !== undefined) this.#reselect(filter, periodMs);
    else if (periodMs !== this.group.periodMs) this.#hub.repace(this, periodMs);
  }

  resume(): void {
    // Rows that are held go out with the next flush of their pace.
  }

  end(): void {
    this.#hub.leave(this);
    this.#client.outbox.drop(this);
  }

  #reselect(filter: Filter, periodMs: number): void {
    const { patterns } = this.group.selection;
    this.#checkRoom(patterns, filter);
    this.#hub.tellPending(this);
    this.#hub.leave(this);
    this.announced = 0;
    this.group = this.#hub.join(this, patterns, filter, periodMs);
    if (this.#wantsSnapshot) this.#hub.snapshot(this);
  }

  #checkRoom(subjects: readonly string[], filter: Filter): void {
    if (this.#hub.count(subjects, filter) > this.#client.room(this.id)) throw tooMany();
  }
}

function tooMany(): TocsinError {
  const text = 'the subscription covers more series than this connection may; ask for fewer subjects or filter';
  return new TocsinError('too_many_series_subscribed', text);
}
