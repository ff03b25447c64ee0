import type { Channel } from '../model/channel.js';
import type { ChannelTest, ChannelView } from '../model/channel-view.js';
import { TocsinError } from '../model/errors.js';
import { subjectToken } from '../model/series.js';
import type { Delivery } from './delivery.js';
import { unavailableReason } from './no-channel.js';
import type { Clock, Outbox } from './ports.js';
import { testNotification } from './test-notification.js';

/** What works for the channels while the engine runs. */
export interface ChannelWork {
  readonly delivery: Delivery;
  readonly outbox: Outbox;
  readonly isConnected: () => boolean;
  /** There are other channels than before. */
  readonly changed?: () => Promise<void>;
}

const maxNameChars = 64;
/** How many fallbacks may stand one behind the other. */
const maxChain = 64;

/** The channels there are, by name. They may come and go while the engine runs. */
export class ChannelRegistry {
  readonly #channels: Map<string, Channel>;
  readonly #clock: Clock;
  #work: ChannelWork | undefined = undefined;

  constructor(channels: ReadonlyMap<string, Channel>, clock: Clock) {
    this.#channels = new Map(channels);
    this.#clock = clock;
  }

  has(name: string): boolean {
    return this.#channels.has(name);
  }

  keys(): MapIterator<string> {
    return this.#channels.keys();
  }

  values(): MapIterator<Channel> {
    return this.#channels.values();
  }

  /** Names of those that are switched on: what `*` stands for. */
  enabled(): string[] {
    return [...this.#channels.values()].filter(({ enabled }) => enabled !== false).map(({ name }) => name);
  }

  attach(work: ChannelWork): void {
    this.#work = work;
  }

  detach(): void {
    this.#work = undefined;
  }

  /**
   * Takes a channel in, in place of one of the same name; resolves once it is worked for. Rejects with `config_invalid`,
   * and with `log_unavailable` when the outbox cannot be reached: then call again.
   */
  async register(channel: Channel): Promise<void> {
    this.#check(channel);
    this.#channels.set(channel.name, channel);
    await this.#work?.delivery.register(channel);
    await this.#work?.changed?.();
  }

  /** Takes a channel out; what waits for it becomes a dead letter within a minute. Rejects with `channel_unknown`, `log_unavailable`. */
  async unregister(name: string): Promise<void> {
    if (!this.#channels.delete(name)) throw unknown(name);
    await this.#work?.delivery.unregister(name);
    await this.#work?.changed?.();
  }

  /** How the channels stand, without what waits for them: that has to be asked for. */
  views(): ChannelView[] {
    return [...this.#channels.values()].map((channel) => this.#view(channel));
  }

  async list(): Promise<ChannelView[]> {
    const { outbox, isConnected } = this.#work ?? {};
    if (outbox === undefined || isConnected?.() === false) return this.views();
    return Promise.all(
      this.views().map(async (view) => {
        const waiting = await outbox.depth(view.name).catch(() => undefined);
        return waiting === undefined ? view : { ...view, waiting };
      }),
    );
  }

  /** Sends a notification that says that it is a test. Rejects with `channel_unknown`, `not_ready`, `overloaded`. */
  async test(name: string): Promise<ChannelTest> {
    const channel = this.#channels.get(name);
    if (channel === undefined) throw unknown(name);
    const { delivery } = this.#work ?? {};
    if (delivery === undefined)
      throw new TocsinError('not_ready', 'channels are not worked for yet', { temporary: true });
    if (!channel.isAvailable()) {
      return { channel: name, delivered: false, error: unavailableReason(channel), ms: 0 };
    }
    const tested = await delivery.test(name, testNotification(name, this.#clock.wall()));
    if (tested === undefined) throw tooFast(name);
    const { result, ms } = tested;
    const delivered = result.outcome === 'delivered';
    return { channel: name, delivered, ...(delivered ? {} : { error: result.error }), ms };
  }

  #view(channel: Channel): ChannelView {
    const { name, type, enabled = true, rate, fallback } = channel;
    const { sent = 0, failed = 0, dead = 0, lastError, lastDeliveredAt } = this.#work?.delivery.tally(name) ?? {};
    const openSince = this.#work?.delivery.downSince(name);
    return {
      ...{ name, type, enabled, available: channel.isAvailable() },
      circuit: openSince === undefined ? 'closed' : 'open',
      ...(openSince === undefined ? {} : { openSince }),
      ...{ sent, failed, dead },
      ...(lastError === undefined ? {} : { lastError }),
      ...(lastDeliveredAt === undefined ? {} : { lastDeliveredAt }),
      ...(rate === undefined ? {} : { rate }),
      ...(fallback === undefined ? {} : { fallback }),
    };
  }

  #check({ name, fallback }: Channel): void {
    if (name.trim() === '' || name.length > maxNameChars || name === '*') {
      throw invalid('name', name, `1 to ${maxNameChars} characters, not only spaces, not "*"`);
    }
    const token = subjectToken(name);
    const other = [...this.#channels.keys()].find((taken) => taken !== name && subjectToken(taken) === token);
    if (other !== undefined) throw invalid('name', name, `a name that shares no subject with that of ${other}`);
    if (fallback === undefined) return;
    if (fallback !== name && !this.#channels.has(fallback))
      throw invalid('fallback', fallback, 'a channel that exists');
    if (this.#leadsTo(fallback, name)) throw invalid('fallback', fallback, 'one that does not lead back to it');
  }

  #leadsTo(from: string, name: string): boolean {
    let at: string | undefined = from;
    for (let i = 0; at !== undefined && i < maxChain; i++) {
      if (at === name) return true;
      at = this.#channels.get(at)?.fallback;
    }
    return false;
  }
}

function unknown(name: string): TocsinError {
  return new TocsinError('channel_unknown', `no channel is called ${name.slice(0, 64)}`, {
    field: 'name',
    value: name,
  });
}

function tooFast(name: string): TocsinError {
  return new TocsinError('overloaded', `the rate of ${name} is used up now`, { temporary: true });
}

function invalid(field: string, value: string, allowed: string): TocsinError {
  return new TocsinError('config_invalid', `the ${field} of a channel must be ${allowed}`, { field, value, allowed });
}
