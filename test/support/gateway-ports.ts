import { Subject } from 'rxjs';
import type { Actor, AlertPage, AlertQuery, CommandAnswer, GatewayPorts } from '../../src/gateway/ports.js';
import type { ChannelView } from '../../src/model/channel-view.js';
import { TocsinError } from '../../src/model/errors.js';
import type { Sample } from '../../src/model/sample.js';
import { type Labels, type Series, seriesKey, seriesSubject } from '../../src/model/series.js';
import type { AlertEvent, AlertView, DeadLetterView } from '../../src/model/view.js';
import type { EngineStats } from '../../src/model/wire.js';
import { sampleAlert, sampleStats } from './samples.js';

/** An engine that a test plays: what goes in here comes out of the gateway. */
export class ScriptedEngine {
  readonly samples$ = new Subject<readonly Sample[]>();
  readonly events$ = new Subject<AlertEvent>();
  readonly stats$ = new Subject<EngineStats>();
  readonly log: AlertEvent[] = [];
  readonly alerts = new Map<string, AlertView>();
  readonly executed: { readonly name: string; readonly args: unknown; readonly actor: Actor }[] = [];
  readonly queries: AlertQuery[] = [];
  readonly dead: DeadLetterView[] = [];
  readonly channels: ChannelView[] = [];
  epoch = 'epoch-1';
  /** Events up to this one are no longer in the log. */
  trimmedTo = 0;
  logFails = false;
  ready = true;
  answer: (name: string, args: unknown) => CommandAnswer | Promise<CommandAnswer> = () => ({ ok: true });
  #sids = 0;

  get seq(): number {
    return this.log.at(-1)?.seq ?? 0;
  }

  series(source: string, name: string, labels: Labels = {}): Series {
    const key = seriesKey(name, source, labels);
    return { sid: this.#sids++, key, subject: seriesSubject(name, source), name, source, labels };
  }

  sample(series: Series, value: number, time: number): void {
    this.samples$.next([{ series, value, time, received: time }]);
  }

  /** One event in the life of alert `id`. */
  event(id: string, alert: Partial<AlertView> = {}): AlertEvent {
    const view = { ...sampleAlert, ...this.alerts.get(id), ...alert, id };
    const event: AlertEvent = { seq: this.seq + 1, type: 'updated', time: 0, reason: 'test', alert: view };
    this.alerts.set(id, view);
    this.log.push(event);
    this.events$.next(event);
    return event;
  }

  ports(): GatewayPorts {
    const engine = this;
    return {
      commands: {
        async execute(name, args, actor) {
          engine.executed.push({ name, args, actor });
          return engine.answer(name, args);
        },
      },
      alerts: {
        get epoch() {
          return engine.epoch;
        },
        get seq() {
          return engine.seq;
        },
        events$: this.events$,
        views: () => this.alerts.values(),
        query: (query) => this.#query(query),
        detail: (id) => this.#detail(id),
        since: (seq, limit) => this.#since(seq, limit),
      },
      channels: {
        list: async () => [...this.channels],
        test: async (channel) => ({ channel, delivered: true, ms: 1 }),
      },
      deliveries: { dead: async (limit) => this.dead.slice(0, limit) },
      silences: { list: () => [] },
      samples: { samples$: this.samples$ },
      stats: { stats$: this.stats$, current: () => sampleStats, reset: () => {} },
      health: {
        readiness: () => ({ nats: { ok: this.ready, detail: this.ready ? 'connected' : 'disconnected' } }),
        metrics: async () => '# TYPE tocsin_up gauge\ntocsin_up 1\n',
      },
      rules: () => [],
      routes: () => [],
      written: () => ({}),
    };
  }

  #query(query: AlertQuery): AlertPage {
    this.queries.push(query);
    return { alerts: [...this.alerts.values()] };
  }

  async #detail(id: string): Promise<{ alert: AlertView; events: AlertEvent[] }> {
    const alert = this.alerts.get(id);
    if (alert === undefined) throw new TocsinError('alert_unknown', `no alert has the id ${id}`);
    return { alert, events: this.log.filter((event) => event.alert.id === id) };
  }

  async #since(seq: number, limit: number): Promise<AlertEvent[] | undefined> {
    if (this.logFails) throw new TocsinError('log_unavailable', 'the log cannot be read', { temporary: true });
    if (seq < this.trimmedTo) return undefined;
    return this.log.filter((event) => event.seq > seq).slice(0, limit);
  }
}
