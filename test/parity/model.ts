import { createHash } from 'node:crypto';

/**
 * What the two original systems do, with the differences that are on purpose: written from the contract alone, with
 * lists that are walked from the beginning each time. It is slow, and small enough to be read at once.
 */
export type Severity = 'low' | 'medium' | 'high' | 'critical';
export type Status = 'firing' | 'resolved' | 'event';

export interface ModelRoute {
  readonly minSeverity: Severity;
  readonly categories: readonly string[];
  readonly channels: readonly string[];
  readonly escalation?: string;
  readonly stop?: boolean;
}

export interface Rung {
  readonly after: number;
  readonly channels?: readonly string[];
  readonly severity?: Severity;
}

export interface Ladder {
  readonly levels: readonly Rung[];
  readonly max: number;
}

export interface ModelLevel {
  readonly severity: Severity;
  readonly above: number;
  /** Clears below this; absent: when it is no longer above. */
  readonly below?: number;
}

export interface ModelRule {
  readonly id: string;
  readonly name: string;
  readonly metric: string;
  readonly category: string;
  readonly levels: readonly ModelLevel[];
  readonly for: number;
  readonly cooldown: number;
  readonly repeat?: number;
  readonly channels?: readonly string[];
  readonly escalation?: string;
}

export interface ModelOptions {
  readonly windows: readonly { readonly max: number; readonly per: number }[];
  readonly cooldown: number;
  readonly dedupe: number;
  readonly routes: readonly ModelRoute[];
  readonly defaultChannels: readonly string[];
  readonly ladders: Readonly<Record<string, Ladder>>;
  readonly rules: readonly ModelRule[];
}

export interface ModelRaise {
  readonly key?: string;
  readonly title: string;
  readonly message: string;
  readonly severity: Severity;
  readonly category: string;
  readonly status: Status;
  readonly resolveAfter: number;
}

export interface Told {
  readonly at: number;
  readonly channel: string;
  readonly type: string;
  readonly severity: Severity;
  readonly title: string;
  readonly id: string;
}

export type Answer = {
  readonly status?: string;
  readonly reason?: string;
  readonly id?: string;
  readonly code?: string;
};

export interface ModelAlert {
  readonly id: string;
  readonly key: string;
  readonly rule?: ModelRule;
  readonly startedAt: number;
  readonly channels: Set<string>;
  readonly notified: Set<string>;
  /** How the last notification on each channel ended. */
  readonly deliveries: Map<string, boolean>;
  title: string;
  message: string;
  severity: Severity;
  category: string;
  state: string;
  verdict: string;
  count: number;
  level: number;
  /** What a rung raised it to at least. */
  floor?: Severity;
  ladder?: Ladder;
  copyOf?: ModelAlert;
  nextAt?: number;
  paused?: number;
  /** When it was held back last; not a repeat, which has its next turn. */
  heldAt?: number;
  lastNotifiedAt?: number;
  until?: number;
  resolveAfter?: number;
  expiresAt?: number;
}

interface Series {
  readonly rule: ModelRule;
  readonly source: string;
  value: number;
  /** Index of the level that holds, -1: none. */
  level: number;
  since?: number;
  firedAt: number;
  alert?: ModelAlert;
}

interface Trip {
  readonly at: number;
  readonly held: Record<string, number>;
  readonly channels: Set<string>;
}

export const severities: readonly Severity[] = ['low', 'medium', 'high', 'critical'];
export const rank = (severity: Severity): number => severities.indexOf(severity);
const graver = (a: Severity, b: Severity | undefined): Severity => (b !== undefined && rank(b) > rank(a) ? b : a);
const sha = (text: string): string => createHash('sha256').update(text).digest('hex');

export class Model {
  readonly alerts: ModelAlert[] = [];
  readonly told: Told[] = [];
  readonly broken = new Set<string>();
  readonly stats = { opened: 0, resolved: 0, sent: 0, failed: 0, rateLimited: 0, suppressed: 0 };
  readonly bySeverity: Record<string, number> = { low: 0, medium: 0, high: 0, critical: 0 };
  readonly byCategory: Record<string, number> = {};
  readonly byChannel: Record<string, number> = {};
  readonly #options: ModelOptions;
  readonly #accepted: { readonly key: string; readonly at: number }[] = [];
  readonly #late: { readonly key: string; readonly at: number }[] = [];
  readonly #trips = new Map<string, Trip>();
  #seen: { readonly content: string; readonly at: number; readonly owner: ModelAlert }[] = [];
  readonly #series: Series[] = [];
  now: number;

  constructor(options: ModelOptions, now: number) {
    this.#options = options;
    this.now = now;
  }

  /** Moments at which something was let through: the edges of windows are measured from them. */
  get accepted(): readonly number[] {
    return this.#accepted.map(({ at }) => at);
  }

  // Outside alerts

  raise(raise: ModelRaise): Answer {
    const key = raise.key ?? sha(content(raise)).slice(0, 16);
    const open = this.open(key);
    if (raise.status === 'resolved') {
      if (open === undefined) return { status: 'not_open' };
      this.#resolve(open, true);
      return { status: 'resolved', id: open.id };
    }
    return open === undefined ? this.#openOutside(key, raise) : this.#again(open, raise);
  }

  #openOutside(key: string, raise: ModelRaise): Answer {
    const alert = this.#make(key, raise);
    const { verdict, first } = this.#ask(alert, content(raise));
    alert.verdict = verdict;
    if (verdict === 'duplicate') return this.#copyOf(first!, alert);
    this.#countOpening(alert);
    if (raise.status === 'event') alert.state = 'resolved';
    else Object.assign(alert, { resolveAfter: raise.resolveAfter, expiresAt: this.now + raise.resolveAfter });
    if (verdict === 'rate_limited') {
      this.stats.rateLimited++;
      return { status: 'rate_limited', id: alert.id };
    }
    this.#tell(alert, 'opened', alert.channels);
    return { status: 'pending', id: alert.id };
  }

  #copyOf(first: ModelAlert, copy: ModelAlert): Answer {
    copy.state = 'resolved';
    copy.copyOf = first;
    // What the key stands for is its last word: a count under it cannot grow afterwards.
    if (this.alerts.findLast((a) => a.key === first.key && a.copyOf !== first) === first) first.count++;
    this.stats.suppressed++;
    return { status: 'suppressed', reason: 'duplicate', id: copy.id };
  }

  #again(alert: ModelAlert, raise: ModelRaise): Answer {
    const before = alert.severity;
    alert.count++;
    alert.resolveAfter = raise.resolveAfter;
    alert.expiresAt = this.now + raise.resolveAfter;
    const { id, state } = alert;
    const change = rank(graver(raise.severity, alert.floor)) - rank(before);
    const isGraver = change > 0;
    if (change < 0) {
      this.#update(alert, raise);
      return { id, status: 'suppressed', reason: 'severity_down' };
    }
    if (state === 'suppressed' || (state === 'acknowledged' && !isGraver)) {
      this.#update(alert, raise);
      if (isGraver) this.#route(alert);
      return { id, status: 'suppressed', reason: state };
    }
    if (isGraver) {
      this.#update(alert, raise);
      this.#rise(alert);
      return { id, status: 'pending' };
    }
    const { verdict } = this.#ask(
      { ...alert, severity: raise.severity },
      content({ ...raise, category: alert.category }),
      alert,
    );
    if (verdict === 'admitted') alert.verdict = verdict;
    if (verdict === 'rate_limited') this.stats.rateLimited++;
    if (verdict === 'duplicate') this.stats.suppressed++;
    this.#update(alert, raise);
    if (verdict === 'duplicate') return { id, status: 'suppressed', reason: 'duplicate' };
    if (verdict === 'rate_limited') return { id, status: 'rate_limited', reason: verdict };
    this.#tell(alert, 'updated', alert.channels);
    return { id, status: 'pending' };
  }

  #update(alert: ModelAlert, { title, message, severity }: ModelRaise): void {
    // What it is about stays as it was when it opened.
    Object.assign(alert, { title, message, severity: graver(severity, alert.floor) });
  }

  // Admission: rate first, then copies

  #ask(alert: ModelAlert, content: string | undefined, owner = alert): { verdict: string; first?: ModelAlert } {
    const key = alert.category;
    const seen = this.#seen.find((s) => s.content === content && this.now - s.at < this.#options.dedupe);
    if (this.#isLimited(key, this.now)) {
      if (seen === undefined) this.#holdBack(key, alert);
      return { verdict: 'rate_limited' };
    }
    if (seen !== undefined) return { verdict: 'duplicate', first: seen.owner };
    this.#accepted.push({ key, at: this.now });
    if (content !== undefined) {
      this.#seen = this.#seen.filter((s) => s.content !== content);
      this.#seen.push({ content, at: this.now, owner });
    }
    return { verdict: 'admitted' };
  }

  #isLimited(key: string, at: number): boolean {
    const trip = this.#trips.get(key);
    if (trip !== undefined && at < trip.at + this.#options.cooldown) return true;
    return this.#options.windows.some(({ max, per }) => this.#used(key, per, at) >= max);
  }

  #used(key: string, per: number, at: number): number {
    return this.#accepted.filter((a) => a.key === key && at - a.at < per).length;
  }

  #holdBack(key: string, alert: ModelAlert): void {
    if (this.#options.cooldown === 0) return;
    const trip = this.#trips.get(key) ?? { at: this.now, held: {}, channels: new Set<string>() };
    trip.held[alert.severity] = (trip.held[alert.severity] ?? 0) + 1;
    for (const channel of alert.channels) trip.channels.add(channel);
    this.#trips.set(key, trip);
  }

  /** When a tripped key has room: one of the moments at which something ends. */
  #roomAt(key: string, trip: Trip): number {
    const ends = this.#options.windows.flatMap(({ per }) => this.#accepted.map(({ at }) => at + per));
    const moments = [trip.at + this.#options.cooldown, ...ends].filter((at) => at >= this.now);
    return Math.min(...moments.filter((at) => !this.#isLimited(key, at)));
  }

  #summarise(key: string, trip: Trip): void {
    this.#trips.delete(key);
    const alert = this.#make(
      `rate_summary:${key}:${trip.at}`,
      {
        title: summaryTitle(key, trip),
        message: '',
        severity: 'medium',
        category: 'system',
        status: 'event',
        resolveAfter: 0,
      },
      { channels: trip.channels },
    );
    alert.state = 'resolved';
    this.#countOpening(alert);
    this.#tell(alert, 'opened', alert.channels);
  }

  /** Grave alerts of rules that were held back, the gravest first. */
  #waiting(key: string): ModelAlert[] {
    const isUp = ({ state }: ModelAlert) => state === 'active' || state === 'escalated';
    const isUntold = ({ heldAt, lastNotifiedAt = -1 }: ModelAlert) => heldAt !== undefined && lastNotifiedAt < heldAt;
    const held = this.alerts.filter((a) => a.rule && a.category === key && isUp(a) && isUntold(a));
    return held
      .filter((a) => rank(a.severity) >= 2)
      .sort((a, b) => rank(b.severity) - rank(a.severity) || (a.id < b.id ? -1 : 1));
  }

  /** When they may be told: there is room, and they have not used half of a window. */
  #lateAt(key: string): number {
    if (this.#waiting(key).length === 0) return Number.POSITIVE_INFINITY;
    const { windows, cooldown } = this.#options;
    const trip = this.#trips.get(key);
    const ends = windows.flatMap(({ per }) => [...this.#accepted, ...this.#late].map(({ at }) => at + per));
    const moments = [this.now, (trip?.at ?? 0) + cooldown, ...ends].filter((at) => at >= this.now);
    const isUsed = (at: number) =>
      windows.some(
        ({ max, per }) =>
          this.#late.filter((l) => l.key === key && at - l.at < per).length >= Math.max(1, Math.floor(max / 2)),
      );
    return Math.min(...moments.filter((at) => !this.#isLimited(key, at) && !isUsed(at)));
  }

  #tellLate(key: string): void {
    const alert = this.#waiting(key)[0]!;
    this.#late.push({ key, at: this.now });
    alert.verdict = this.#ask(alert, undefined).verdict;
    this.#tell(alert, 'repeated', alert.channels);
  }

  // Rules

  sample(metric: string, source: string, value: number): void {
    for (const rule of this.#options.rules.filter((r) => r.metric === metric)) {
      let series = this.#series.find((s) => s.rule === rule && s.source === source);
      if (series === undefined) {
        series = { rule, source, value, level: -1, firedAt: Number.NEGATIVE_INFINITY };
        this.#series.push(series);
      }
      series.value = value;
      this.#evaluate(series);
    }
  }

  #evaluate(series: Series): void {
    const { rule, value } = series;
    const wanted = rule.levels.findLastIndex(({ above }) => value > above);
    if (series.level < 0) {
      if (wanted < 0) delete series.since;
      else series.since ??= this.now;
      this.#fireWhenDue(series);
      return;
    }
    const present = rule.levels[series.level]!;
    if (wanted > series.level) this.#levelChanged(series, wanted);
    else if (!(value > present.above) && (present.below === undefined || value < present.below))
      this.#levelChanged(series, wanted);
  }

  #dueOf(series: Series): number {
    if (series.level >= 0 || series.since === undefined) return Number.POSITIVE_INFINITY;
    return Math.max(series.since + series.rule.for, series.firedAt + series.rule.cooldown);
  }

  #fireWhenDue(series: Series): void {
    if (this.#dueOf(series) > this.now) return;
    series.level = series.rule.levels.findLastIndex(({ above }) => series.value > above);
    delete series.since;
    this.#openRule(series);
  }

  #openRule(series: Series): void {
    const { rule, source, value, level } = series;
    const { severity, above } = rule.levels[level]!;
    const message = `${rule.name}: ${rule.metric} > ${above} (current: ${value}, severity: ${severity})`;
    const fields = {
      title: rule.name,
      message,
      severity,
      category: rule.category,
      status: 'firing' as const,
      resolveAfter: 0,
    };
    series.firedAt = this.now;
    series.alert = this.#make(`rule:${rule.id}:${rule.metric}|${source}|`, fields, { rule });
    const { verdict } = this.#ask(series.alert, undefined);
    series.alert.verdict = verdict;
    this.#countOpening(series.alert);
    if (verdict === 'admitted') this.#tell(series.alert, 'opened', series.alert.channels);
    else this.#limited(series.alert);
  }

  #levelChanged(series: Series, wanted: number): void {
    const risen = wanted > series.level;
    const { alert } = series;
    series.level = wanted;
    if (alert?.state === 'resolved') {
      if (risen) this.#openRule(series);
      return;
    }
    if (wanted < 0) this.#resolve(alert!, true);
    else {
      const before = alert!.severity;
      alert!.severity = graver(series.rule.levels[wanted]!.severity, alert!.floor);
      if (rank(alert!.severity) > rank(before)) this.#rise(alert!);
    }
  }

  // Notifications, ladder, repeats

  #rise(alert: ModelAlert): void {
    this.#route(alert);
    if (alert.state !== 'suppressed') this.#tell(alert, 'updated', alert.channels);
  }

  #tell(alert: ModelAlert, type: string, channels: Iterable<string>): void {
    for (const channel of new Set(channels)) {
      alert.notified.add(channel);
      alert.deliveries.set(channel, !this.broken.has(channel));
      if (this.broken.has(channel)) {
        this.stats.failed++;
        continue;
      }
      this.stats.sent++;
      this.byChannel[channel] = (this.byChannel[channel] ?? 0) + 1;
      const { severity, title, id } = alert;
      this.told.push({ at: this.now, channel, type, severity, title, id });
    }
    alert.lastNotifiedAt = this.now;
    if (alert.ladder !== undefined && alert.level === 0 && alert.nextAt === undefined && alert.paused === undefined)
      this.#place(alert, this.now);
  }

  #place(alert: ModelAlert, from: number): void {
    delete alert.nextAt;
    if (alert.state === 'resolved' || alert.ladder === undefined || alert.level >= alert.ladder.max) return;
    const rung = alert.ladder.levels[Math.min(alert.level, alert.ladder.levels.length - 1)]!;
    if (alert.state === 'acknowledged') alert.paused = rung.after;
    else alert.nextAt = from + rung.after;
  }

  #escalate(alert: ModelAlert): void {
    const rung = alert.ladder!.levels[Math.min(alert.level, alert.ladder!.levels.length - 1)]!;
    alert.level++;
    alert.state = 'escalated';
    const before = alert.severity;
    if (rung.severity !== undefined) alert.floor = graver(rung.severity, alert.floor);
    alert.severity = graver(alert.severity, alert.floor);
    if (rank(alert.severity) > rank(before)) this.#route(alert);
    this.#place(alert, this.now);
    this.#tell(alert, 'escalated', rung.channels ?? alert.channels);
  }

  #route(alert: ModelAlert): void {
    const matching: ModelRoute[] = [];
    for (const route of this.#options.routes) {
      if (rank(alert.severity) < rank(route.minSeverity)) continue;
      if (route.categories.length > 0 && !route.categories.includes(alert.category)) continue;
      matching.push(route);
      if (route.stop) break;
    }
    const united = matching.flatMap((r) => r.channels);
    const found = united.length === 0 ? this.#options.defaultChannels : united;
    for (const channel of alert.rule?.channels ?? found) alert.channels.add(channel);
    const name = alert.rule?.escalation ?? matching.find((r) => r.escalation !== undefined)?.escalation;
    if (name !== undefined) alert.ladder ??= this.#options.ladders[name]!;
  }

  #repeatDue({ rule, lastNotifiedAt, state }: ModelAlert): number {
    if (rule?.repeat === undefined || lastNotifiedAt === undefined) return Number.POSITIVE_INFINITY;
    return state === 'active' || state === 'escalated' ? lastNotifiedAt + rule.repeat : Number.POSITIVE_INFINITY;
  }

  #repeat(alert: ModelAlert): void {
    if (this.#ask(alert, undefined).verdict === 'admitted') this.#tell(alert, 'repeated', alert.channels);
    else {
      this.stats.rateLimited++;
      alert.lastNotifiedAt = this.now;
    }
  }

  // People

  command(name: string, id: string, until?: number): Answer {
    const alert = this.alerts.find((a) => a.id === id)!;
    const { state } = alert;
    if (state === 'resolved') return { code: 'alert_resolved' };
    const isUp = state === 'active' || state === 'escalated';
    if (name === 'resolve') this.#resolve(alert, true);
    else if (name === 'acknowledge' && (isUp || state === 'acknowledged')) this.#rest(alert, 'acknowledged', until);
    else if (name === 'suppress' && isUp) this.#rest(alert, 'suppressed', until);
    else if (name === 'unacknowledge' && state === 'acknowledged') this.#goOn(alert);
    else if (name === 'unsuppress' && state === 'suppressed') this.#goOn(alert);
    else return { code: 'transition_refused' };
    return {};
  }

  #rest(alert: ModelAlert, state: string, until: number | undefined): void {
    if (alert.nextAt !== undefined) alert.paused = alert.nextAt - this.now;
    delete alert.nextAt;
    Object.assign(alert, { state, until });
  }

  #goOn(alert: ModelAlert): void {
    const type = alert.state === 'acknowledged' ? 'unacknowledged' : 'unsuppressed';
    alert.state = alert.level > 0 ? 'escalated' : 'active';
    delete alert.until;
    if (alert.paused !== undefined) alert.nextAt = this.now + alert.paused;
    delete alert.paused;
    // Without room it waits as a limited alert does; what went on is told by no summary.
    const hasRoom = !this.#isLimited(alert.category, this.now);
    alert.verdict = hasRoom ? this.#ask(alert, this.#firstContent(alert)).verdict : 'rate_limited';
    if (hasRoom) this.#tell(alert, type, alert.channels);
    else alert.heldAt = this.now;
  }

  /** Told now, it is the first of its content, unless another one was. */
  #firstContent(alert: ModelAlert): string | undefined {
    if (alert.rule !== undefined) return undefined;
    const text = content(alert);
    const isSeen = this.#seen.some((s) => s.content === text && this.now - s.at < this.#options.dedupe);
    return isSeen ? undefined : text;
  }

  #limited(alert: ModelAlert): void {
    alert.heldAt = this.now;
    this.stats.rateLimited++;
  }

  #resolve(alert: ModelAlert, isTold: boolean): void {
    alert.state = 'resolved';
    this.stats.resolved++;
    delete alert.nextAt;
    this.#seen = this.#seen.filter((s) => s.owner !== alert);
    if (isTold) this.#tell(alert, 'resolved', alert.notified);
  }

  // Time

  /** When something happens next by itself. */
  nextDue(): number {
    const trips = [...this.#trips].map(([key, trip]) => this.#roomAt(key, trip));
    const alerts = this.alerts.filter((a) => a.state !== 'resolved');
    const dues = alerts.flatMap((a) => [a.nextAt, a.until, a.expiresAt, this.#repeatDue(a)]);
    const late = this.#categories().map((key) => this.#lateAt(key));
    const all = [...trips, ...late, ...dues, ...this.#series.map((s) => this.#dueOf(s))];
    return Math.min(...all.map((due) => due ?? Number.POSITIVE_INFINITY));
  }

  /** Does what is due up to `to`, in the order of time. */
  advance(to: number): void {
    for (let due = this.nextDue(); due <= to; due = this.nextDue()) {
      this.now = Math.max(this.now, due);
      this.#runDue();
    }
    this.now = to;
  }

  #runDue(): void {
    for (const alert of this.alerts.filter((a) => a.state !== 'resolved')) {
      if ((alert.until ?? Number.POSITIVE_INFINITY) <= this.now) {
        this.#goOn(alert);
        return;
      }
      if ((alert.expiresAt ?? Number.POSITIVE_INFINITY) <= this.now) {
        this.#resolve(alert, false);
        return;
      }
      if ((alert.nextAt ?? Number.POSITIVE_INFINITY) <= this.now) {
        this.#escalate(alert);
        return;
      }
      if (this.#repeatDue(alert) <= this.now) {
        this.#repeat(alert);
        return;
      }
    }
    for (const [key, trip] of this.#trips)
      if (this.#roomAt(key, trip) <= this.now) {
        this.#summarise(key, trip);
        return;
      }
    for (const key of this.#categories())
      if (this.#lateAt(key) <= this.now) {
        this.#tellLate(key);
        return;
      }
    for (const series of this.#series) this.#fireWhenDue(series);
  }

  #categories(): string[] {
    return [...new Set(this.#options.rules.map((rule) => rule.category))];
  }

  // Records

  open(key: string): ModelAlert | undefined {
    return this.alerts.find((a) => a.key === key && a.state !== 'resolved');
  }

  #make(key: string, raise: ModelRaise, given: { rule?: ModelRule; channels?: Set<string> } = {}): ModelAlert {
    const previous = this.alerts.filter((a) => a.key === key).map((a) => a.startedAt);
    const startedAt = Math.max(this.now, ...previous.map((at) => at + 1));
    const alert: ModelAlert = {
      id: `${startedAt.toString(36).padStart(9, '0')}-${sha(key).slice(0, 16)}`,
      ...{ key, startedAt, state: 'active', verdict: 'admitted', count: 1, level: 0 },
      ...{ channels: new Set(given.channels), notified: new Set<string>(), deliveries: new Map<string, boolean>() },
      ...{ title: raise.title, message: raise.message, severity: raise.severity, category: raise.category },
      ...(given.rule === undefined ? {} : { rule: given.rule }),
    };
    if (given.channels === undefined) this.#route(alert);
    if (raise.status === 'event') delete alert.ladder;
    this.alerts.push(alert);
    return alert;
  }

  #countOpening({ severity, category }: ModelAlert): void {
    this.stats.opened++;
    this.bySeverity[severity]!++;
    this.byCategory[category] = (this.byCategory[category] ?? 0) + 1;
  }

  /** P03 */
  statusOf(alert: ModelAlert): string {
    const ends = [...alert.deliveries.values()];
    if (ends.includes(true)) return 'delivered';
    if (ends.length > 0) return 'failed';
    if (alert.verdict === 'rate_limited') return 'rate_limited';
    return alert.verdict === 'duplicate' ? 'suppressed' : 'pending';
  }

  /** P18: newest first. */
  history(keep: (alert: ModelAlert) => boolean, limit = 100): readonly string[] {
    const ids = this.alerts.filter(keep).map((a) => a.id);
    return ids.sort().reverse().slice(0, limit);
  }
}

function content({ title, message, category }: Pick<ModelRaise, 'title' | 'message' | 'category'>): string {
  return [title, message, category].join('\0');
}

function summaryTitle(key: string, { held }: Trip): string {
  const count = Object.values(held).reduce((sum, n) => sum + n, 0);
  return count === 1 ? `1 alert of ${key} was held back` : `${count} alerts of ${key} were held back`;
}
