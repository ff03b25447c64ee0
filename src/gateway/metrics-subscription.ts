import { TocsinError } from '../model/errors.js';
import type { Filter } from '../model/wire.js';
import type { Encoding } from './encoding.js';
import type { MetricsHub } from './metrics-hub.js';
import { periodOf } from './pace.js';
import type { Member, RowTaker } from './selection.js';
import type { Change, Client, Subscription } from './subscription.js';

export interface MetricsRequest {
  readonly id: number;
  readonly subjects: readonly string[];
  readonly filter: Filter;
  readonly maxHz: number;
  readonly snapshot: boolean;
}

export interface MetricsSubscriptionDeps {
  readonly hub: MetricsHub;
  readonly epoch: string;
  /** Series that the client may cover with subscription `id`, given what its others cover. */
  readonly room: (id: number) => number;
  /** The subscription covers more than that by now and has to go. */
  readonly onOutgrown: (error: TocsinError) => void;
}

/** Metrics of one client: the last value of each series, then rows of what happened since. */
export class MetricsSubscription implements Subscription, RowTaker {
  readonly topic = 'metrics';
  readonly id: number;
  readonly encoding: Encoding;
  readonly #deps: MetricsSubscriptionDeps;
  readonly #client: Client;
  #request: MetricsRequest;
  #member: Member;

  /** Throws `too_many_series_subscribed`. */
  constructor(deps: MetricsSubscriptionDeps, client: Client, request: MetricsRequest) {
    this.id = request.id;
    this.encoding = client.encoding;
    this.#deps = deps;
    this.#client = client;
    this.#request = request;
    this.#member = this.#join(request);
    this.#begin();
  }

  cursor(): number {
    return 0;
  }

  series(): number {
    return this.#member.group.selection.sids.length;
  }

  ready(): boolean {
    return this.#client.ready();
  }

  deliver(frame: Uint8Array): void {
    this.#client.outbox.rows(frame);
    this.#client.flushSoon('regular');
  }

  grown(): void {
    if (this.series() > this.#deps.room(this.id)) this.#deps.onOutgrown(tooMany());
  }

  /** A new filter starts with the last values of the series that it chooses. Throws `too_many_series_subscribed`. */
  update({ maxHz, filter }: Change): void {
    const changed = {
      ...this.#request,
      ...(maxHz === undefined ? {} : { maxHz }),
      ...(filter === undefined ? {} : { filter }),
    };
    if (filter !== undefined) this.#reselect(changed);
    else if (maxHz !== undefined) this.#deps.hub.repace(this.#member, periodOf(maxHz));
    this.#request = changed;
  }

  resume(): void {
    // Rows that are held go out with the next flush of their pace.
  }

  end(): void {
    this.#deps.hub.leave(this.#member);
  }

  #begin(): void {
    const { id, encoding } = this;
    const { epoch } = this.#deps;
    const mode = this.#request.snapshot ? 'snapshot' : 'live';
    this.#client.outbox.control(encoding.message({ op: 'subscribed', id, mode, epoch, seq: 0 }));
    this.#client.flushSoon('regular');
    if (this.#request.snapshot) this.#deps.hub.snapshot(this.#member);
  }

  #reselect(request: MetricsRequest): void {
    const old = this.#member;
    const next = this.#join(request);
    this.#deps.hub.tellPending(old);
    this.#deps.hub.leave(old);
    this.#member = next;
    if (request.snapshot) this.#deps.hub.snapshot(next);
  }

  #join({ subjects, filter, maxHz }: MetricsRequest): Member {
    const member = this.#deps.hub.join(this, subjects, filter, periodOf(maxHz));
    if (member.group.selection.sids.length <= this.#deps.room(this.id)) return member;
    this.#deps.hub.leave(member);
    throw tooMany();
  }
}

function tooMany(): TocsinError {
  const text = 'the subscription covers more series than this connection may; ask for fewer subjects or filter';
  return new TocsinError('too_many_series_subscribed', text);
}
