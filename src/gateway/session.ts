import { TocsinError, toWireError } from '../model/errors.js';
import { type ClientMessage, closeCodes, type ServerMessage } from '../model/wire.js';
import { addressOf, checkClientMessage } from './client-message.js';
import { Credit } from './credit.js';
import type { Encoding } from './encoding.js';
import { checkFilter } from './filter.js';
import { Liveness } from './liveness.js';
import { Outbox } from './outbox.js';
import type { Actor, CommandAnswer } from './ports.js';
import type { Services } from './services.js';
import { subscribe } from './subscribe.js';
import type { Client, SeriesBudget, Subscription } from './subscription.js';
import type { Transport } from './transport.js';
import { isViolation, Violations } from './violations.js';
import type { Flushable } from './write-queue.js';

type Of<Op extends ClientMessage['op']> = Extract<ClientMessage, { op: Op }>;
type Address = ReturnType<typeof addressOf>;

const maxMessagesPerFrame = 256;
/** What may wait in the socket of a client that goes on asking without reading. */
const maxBacklogBytes = 4 * 1024 * 1024;

/** One client: what it may ask, what it has subscribed to, and when it has to go. Knows nothing of sockets. */
export class Session implements Client, SeriesBudget, Flushable {
  readonly id: string;
  readonly encoding: Encoding;
  readonly outbox: Outbox;
  queued: Flushable['queued'] = 'no';
  readonly #services: Services;
  readonly #transport: Transport;
  readonly #actor: Actor;
  readonly #subscriptions = new Map<number, Subscription>();
  readonly #credit = new Credit();
  readonly #violations = new Violations();
  readonly #liveness: Liveness;
  #open = true;

  constructor(services: Services, transport: Transport, encoding: Encoding, actor: Actor, id: string) {
    const { limits, loop } = services;
    this.id = id;
    this.encoding = encoding;
    this.outbox = new Outbox(transport, encoding, limits);
    this.#services = services;
    this.#transport = transport;
    this.#actor = actor;
    this.#liveness = new Liveness(transport, limits.heartbeatMs, loop.now());
    this.#hello();
  }

  /** One frame of the client. */
  receive(data: Uint8Array, binary: boolean): void {
    if (!this.#open) return;
    if (binary !== this.encoding.binary) {
      this.#services.counters.closed_bad_protocol++;
      this.close(closeCodes.badProtocol, `${this.encoding.name} travels in ${binary ? 'text' : 'binary'} frames`);
      return;
    }
    for (const input of this.#decode(data)) {
      if (!this.#open) return;
      this.#services.counters.messages_received++;
      this.#handle(input);
    }
  }

  pong(): void {
    this.#liveness.pong();
  }

  /** The socket has taken all that it was given. */
  drained(): void {
    if (this.outbox.alertsWaiting) this.flushSoon('urgent');
    else this.#resume();
  }

  ready(): boolean {
    return this.outbox.hasRoom && !this.#credit.behind(this.#services.loop);
  }

  flushSoon(urgency: 'urgent' | 'regular'): void {
    this.#services.queue[urgency](this);
  }

  flush(): void {
    if (!this.#open) return;
    // Judged by what was there to be taken before: one large frame is no fault of the client.
    const backlog = this.#transport.buffered();
    const bytes = this.outbox.flush();
    if (bytes === 0) return;
    this.#services.counters.frames_sent++;
    this.#services.counters.bytes_sent += bytes;
    this.#credit.sent(bytes, this.#services.loop);
    if (backlog > maxBacklogBytes) this.#overflow('too much waits to be read');
    else if (!this.outbox.alertsWaiting) this.#resume();
    else if (this.outbox.hasRoom) this.flushSoon('urgent');
  }

  room(id: number): number {
    let covered = 0;
    for (const [other, subscription] of this.#subscriptions) if (other !== id) covered += subscription.series();
    return this.#services.limits.maxSeries - covered;
  }

  outgrown(id: number, error: TocsinError): void {
    this.#end(id);
    this.#refuse({ id }, error);
  }

  /** Called about once a second: pings, and parts with clients that are gone. */
  sweep(now: number): void {
    const { counters } = this.#services;
    const verdict = this.#liveness.check(now);
    if (verdict === 'beat') this.#heartbeat();
    else if (verdict === 'lost') {
      counters.closed_heartbeat_lost++;
      this.close(closeCodes.heartbeatLost, 'two pings were not answered');
    } else if (verdict === 'stalled') {
      counters.closed_stalled++;
      this.dispose();
      this.#transport.terminate();
    }
    if (this.#open && this.#credit.expired(now)) this.#overflow('nothing was seen for a minute');
  }

  /** Tells the client to come back within `reconnectMs`, and closes. */
  goAway(reason: string, reconnectMs: readonly [number, number]): void {
    this.#say({ op: 'goaway', reason, reconnectMs });
    this.flush();
    this.close(closeCodes.draining, reason);
  }

  close(code: number, reason: string): void {
    if (!this.#open) return;
    // What was answered before the reason to close arose still goes out.
    this.outbox.flush();
    this.dispose();
    this.#transport.close(code, reason);
  }

  /** Lets go of everything; the socket is gone or going. */
  dispose(): void {
    this.#open = false;
    for (const subscription of this.#subscriptions.values()) subscription.end();
    this.#subscriptions.clear();
  }

  #hello(): void {
    const { ports, limits, loop, server } = this.#services;
    this.#say({
      op: 'hello',
      protocol: 1,
      server,
      epoch: ports.alerts.epoch,
      session: this.id,
      heartbeatMs: limits.heartbeatMs,
      limits: { ...limits },
      user: this.#actor.name,
      time: loop.wall(),
    });
  }

  #decode(data: Uint8Array): readonly unknown[] {
    try {
      const input = this.encoding.decode(data);
      const messages = Array.isArray(input) ? input : [input];
      if (messages.length <= maxMessagesPerFrame) return messages;
    } catch {
      // Answered below like anything else that is not a message.
    }
    this.#refuse({}, new TocsinError('bad_message', `the frame is not valid ${this.encoding.name}`));
    return [];
  }

  #handle(input: unknown): void {
    try {
      this.#operate(checkClientMessage(input));
    } catch (error) {
      this.#refuse(addressOf(input), error);
    }
  }

  #operate(message: ClientMessage): void {
    if (message.op === 'subscribe') this.#subscribe(message);
    else if (message.op === 'update') this.#update(message);
    else if (message.op === 'unsubscribe') this.#unsubscribe(message);
    else if (message.op === 'command') this.#command(message);
    else if (message.op === 'seen') this.#seen(message);
  }

  #subscribe(message: Of<'subscribe'>): void {
    if (this.#subscriptions.has(message.id)) {
      throw new TocsinError('subscription_exists', `subscription ${message.id} is already there`);
    }
    const { maxSubscriptions } = this.#services.limits;
    if (this.#subscriptions.size >= maxSubscriptions) {
      throw new TocsinError(
        'too_many_subscriptions',
        `a connection may hold at most ${maxSubscriptions} subscriptions`,
      );
    }
    this.#subscriptions.set(message.id, subscribe(this.#services, this, message));
  }

  #update({ id, maxHz, filter }: Of<'update'>): void {
    const subscription = this.#subscription(id);
    subscription.update({
      ...(maxHz === undefined ? {} : { maxHz }),
      ...(filter === undefined ? {} : { filter: checkFilter(filter, subscription.topic) }),
    });
    this.#say({ op: 'ok', id, result: {} });
  }

  #unsubscribe({ id }: Of<'unsubscribe'>): void {
    this.#subscription(id);
    this.#end(id);
    this.#say({ op: 'ok', id, result: {} });
  }

  #command({ ref, name, args }: Of<'command'>): void {
    const { commandRate, loop } = this.#services;
    const now = loop.now();
    const { admitted, retryAt } = commandRate.process(this.id, now);
    if (!admitted) {
      const retryAfterMs = Math.ceil(retryAt - now);
      const message = 'commands come faster than allowed';
      this.#say({ op: 'error', ref, code: 'too_many_commands', message, temporary: true, retryAfterMs });
      return;
    }
    this.#services.ports.commands.execute(name, args ?? {}, this.#actor).then(
      (answer) => this.#answer(ref, answer),
      (error) => this.#refuse({ ref }, error),
    );
  }

  #seen({ frame }: Of<'seen'>): void {
    this.#credit.seen(frame, this.#services.loop.now());
    if (!this.outbox.alertsWaiting) this.#resume();
  }

  #answer(ref: number, answer: CommandAnswer): void {
    const { ok, ...result } = answer;
    if (answer.ok) this.#say({ op: 'ok', ref, result });
    else this.#say({ op: 'error', ref, ...answer.error, temporary: answer.error.temporary ?? false });
  }

  #refuse(address: Address, error: unknown): void {
    const { counters, log, loop } = this.#services;
    const refusal = toWireError(error);
    if (refusal.code === 'internal') log.error({ err: error, session: this.id }, 'a message of a client failed');
    this.#say({ op: 'error', ...address, ...refusal, temporary: refusal.temporary ?? false });
    if (!isViolation(refusal.code)) return;
    counters.violations++;
    if (!this.#violations.add(loop.now())) return;
    counters.closed_too_many_violations++;
    this.close(closeCodes.tooManyViolations, 'too many malformed messages');
  }

  #subscription(id: number): Subscription {
    const found = this.#subscriptions.get(id);
    if (found === undefined) throw new TocsinError('subscription_unknown', `there is no subscription ${id}`);
    return found;
  }

  #end(id: number): void {
    this.#subscriptions.get(id)?.end();
    this.#subscriptions.delete(id);
  }

  #resume(): void {
    for (const subscription of this.#subscriptions.values()) subscription.resume();
  }

  #heartbeat(): void {
    const seq: Record<string, number> = {};
    for (const [id, subscription] of this.#subscriptions)
      if (subscription.topic === 'alerts') seq[id] = subscription.cursor();
    this.#say({ op: 'heartbeat', frame: this.#credit.frame + 1, seq, time: this.#services.loop.wall() });
    this.flush();
  }

  #overflow(reason: string): void {
    this.#services.counters.closed_overflow++;
    this.close(closeCodes.alertLaneOverflow, reason);
  }

  #say(message: ServerMessage): void {
    if (!this.#open) return;
    this.outbox.control(this.encoding.message(message));
    this.flushSoon('urgent');
  }
}
