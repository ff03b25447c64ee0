import { Observable, type OperatorFunction, type SchedulerLike } from 'rxjs';
import { type AlertRecord, isOpen } from '../model/alert.js';
import { type Inhibition, isSameMuting, type MutableAlert, type Muting } from '../model/muting.js';
import { DriverTimer } from '../operators/adapter/driver-timer.js';
import { InhibitKernel } from '../operators/inhibit-kernel.js';
import type { CompiledMatchers, Labels } from '../operators/parts/matchers.js';
import { SilenceKernel } from '../operators/silence-kernel.js';
import type { Silence as TimedSilence } from '../operators/silence-options.js';
import { InhibitTargets, type Target, type TargetGroup } from './inhibit-targets.js';
import type { Asked } from './key-desk.js';
import { inhibitRule, muteLabels } from './mute-matchers.js';
import { MuteRequests } from './mute-requests.js';
import { Walker } from './walker.js';

/** As many alerts as one engine can hold open. */
const maxOpen = 2 ** 24;
/** Open alerts that are looked at in one turn of the loop. */
const perTurn = 250;
/** Of those that are only counted: somebody waits for the answer. */
const matchedPerTurn = 2_500;
const notMuted: Muting = {};

/** An open alert, as the log has confirmed it. */
class Watched implements Target {
  record: AlertRecord;
  /** Whether inhibition knows it, as a source and as a target. */
  isPlaced = false;
  #labels: Labels | undefined = undefined;

  constructor(record: AlertRecord) {
    this.record = record;
  }

  /** Made when they are first needed: without silences and rules nobody does. */
  get labels(): Labels {
    this.#labels ??= muteLabels(this.record);
    return this.#labels;
  }

  forgetLabels(): void {
    this.#labels = undefined;
  }
}

/**
 * What keeps open alerts quiet: silences, and other open alerts. `muting` answers what does so now. As a stage it looks at
 * each record that passes, and at those whose mute has begun or ended meanwhile, and asks lifecycle to look again where
 * the record says otherwise. Every open alert is a source of inhibition, muted or not: what is wrong is wrong.
 *
 * Silences come in on the time of the scheduler.
 */
export class Mutes {
  readonly #scheduler: SchedulerLike;
  readonly #silences = new SilenceKernel();
  readonly #inhibit = new InhibitKernel<never, string>({ maxKeys: maxOpen });
  readonly #open = new Map<string, Watched>();
  readonly #walker: Walker<Watched>;
  readonly #timer: DriverTimer;
  readonly #requests: MuteRequests<Watched>;
  readonly #lookAtAll = { items: this.#all(), visit: (watched: Watched) => this.#look(watched) };
  readonly #placeAll = { items: this.#all(), visit: (watched: Watched) => this.#place(watched) };
  #targets = new InhibitTargets<Watched>([], this.#lookAtAll.visit);
  #hasRules = false;

  constructor(scheduler: SchedulerLike) {
    this.#scheduler = scheduler;
    this.#walker = new Walker(scheduler, perTurn);
    this.#timer = new DriverTimer(scheduler, (now) => this.#tick(now));
    this.#requests = new MuteRequests(scheduler, (watched) => this.#isOff(watched));
  }

  /** What mutes such an alert now. It never mutes itself. */
  muting(alert: MutableAlert): Muting {
    return this.#isIdle ? notMuted : this.#mutingOf(muteLabels(alert), alert.id);
  }

  /** Replaces the silences; they must have been checked. */
  setSilences(silences: readonly TimedSilence[]): void {
    const now = this.#scheduler.now();
    this.#silences.setSilences(silences, now);
    this.#tick(now);
  }

  /** Replaces the rules of inhibition; they must have been checked. Open alerts are carried over bit by bit. */
  setRules(inhibitions: readonly Inhibition[]): void {
    const rules = inhibitions.map(inhibitRule);
    this.#targets = new InhibitTargets(rules, this.#lookAtAll.visit);
    this.#inhibit.setRules(rules, this.#scheduler.now());
    this.#hasRules = rules.length > 0;
    for (const watched of this.#open.values()) watched.isPlaced = false;
    // All sources are there before anything is found to be muted no more.
    this.#walker.add(this.#placeAll);
    this.#walker.add(this.#lookAtAll);
  }

  /** Takes over what was open at start, the oldest first, before any of it is looked at. */
  restore(records: Iterable<AlertRecord>): void {
    const open = [...records].filter(isOpen).sort((a, b) => (a.id < b.id ? -1 : 1));
    for (const record of open) this.#keep(record);
  }

  /** For each record that passes, and whenever a mute begins or ends: what lifecycle shall look at again. */
  stage(): OperatorFunction<AlertRecord, Asked> {
    return (records) =>
      new Observable((subscriber) => {
        const isRestart = this.#open.size > 0;
        subscriber.add(this.#requests.start((asked) => subscriber.next(asked), isRestart));
        subscriber.add(
          records.subscribe({
            next: (record) => this.#watch(record),
            error: (error) => subscriber.error(error),
            complete: () => subscriber.complete(),
          }),
        );
      });
  }

  /** Ids of the open alerts that meet all matchers; looked through bit by bit. */
  async matching(matchers: CompiledMatchers): Promise<string[]> {
    const ids: string[] = [];
    let looked = 0;
    for (const watched of this.#open.values()) {
      if (matchers.matches(watched.labels)) ids.push(watched.record.id);
      if (++looked % matchedPerTurn === 0) await this.#nextTurn();
    }
    return ids;
  }

  dispose(): void {
    this.#timer.dispose();
    this.#walker.dispose();
  }

  #tick(now: number): void {
    if (this.#silences.advance(now).length > 0) this.#walker.add(this.#lookAtAll);
    this.#timer.armAt(this.#silences.nextDue());
  }

  get #isIdle(): boolean {
    return this.#silences.size === 0 && !this.#hasRules;
  }

  #mutingOf(labels: Labels, id: string | undefined): Muting {
    const silencedBy = this.#silences.verdict(labels, this.#scheduler.now());
    const inhibitedBy = this.#inhibitors(labels).filter((inhibitor) => inhibitor !== id);
    return {
      ...(silencedBy.length === 0 ? {} : { silencedBy }),
      ...(inhibitedBy.length === 0 ? {} : { inhibitedBy }),
    };
  }

  #watch(record: AlertRecord): void {
    const known = this.#open.get(record.keyHash);
    if (known !== undefined && (known.record.id !== record.id || !isOpen(record))) this.#close(known);
    if (isOpen(record)) this.#look(this.#keep(record));
  }

  #keep(record: AlertRecord): Watched {
    const watched = this.#open.get(record.keyHash) ?? new Watched(record);
    this.#open.set(record.keyHash, watched);
    const isSame = hasSameFields(watched.record, record);
    const before = watched.isPlaced ? [watched.labels] : [];
    if (watched.isPlaced && !isSame) this.#targets.leave(watched);
    watched.record = record;
    if (!isSame) watched.forgetLabels();
    if (!isSame || !watched.isPlaced) this.#place(watched, before);
    return watched;
  }

  /** Enters it under its labels, as a source and as a target; `before` are those that it had, if others. */
  #place(watched: Watched, before: readonly Labels[] = []): void {
    watched.isPlaced = this.#hasRules;
    if (!this.#hasRules) return;
    const { labels, record } = watched;
    this.#moveSource([...before, labels], () => this.#inhibit.open(record.id, labels, this.#scheduler.now()));
    this.#targets.enter(watched);
  }

  #close(watched: Watched): void {
    this.#open.delete(watched.record.keyHash);
    if (!this.#hasRules) return;
    if (watched.isPlaced) this.#targets.leave(watched);
    // Not placed anew yet, it may still be a source by the rules before.
    this.#moveSource([watched.labels], () => this.#inhibit.close(watched.record.id, this.#scheduler.now()));
  }

  /** Where another source counts after the move than before, the targets are looked at again. */
  #moveSource(labels: readonly Labels[], move: () => void): void {
    const groups = [...new Set(labels.flatMap((each) => this.#targets.mutedBy(each)))];
    const before = groups.map((group) => this.#headOf(group));
    move();
    groups.forEach((group, i) => {
      if (this.#headOf(group) !== before[i]) this.#walker.add(group.walk);
    });
  }

  /** The source that is named as the one that mutes this group; it is the same for all of its members. */
  #headOf({ rule, members }: TargetGroup<Watched>): string | undefined {
    const [member] = members;
    return member && this.#inhibit.by(member.labels).find((by) => by.rule === rule)?.source;
  }

  #inhibitors(labels: Labels): readonly string[] {
    return this.#hasRules ? [...new Set(this.#inhibit.by(labels).map(({ source }) => source))] : [];
  }

  #look(watched: Watched): void {
    if (this.#isOff(watched)) this.#requests.add(watched);
  }

  /** Whether its record says otherwise than what is so. */
  #isOff(watched: Watched): boolean {
    const { record } = watched;
    if (this.#open.get(record.keyHash) !== watched) return false;
    return !isSameMuting(record, this.#isIdle ? notMuted : this.#mutingOf(watched.labels, record.id));
  }

  #all(): Iterable<Watched> {
    return { [Symbol.iterator]: () => this.#open.values() };
  }

  #nextTurn(): Promise<void> {
    return new Promise((resolve) => {
      this.#scheduler.schedule(() => resolve(), 0);
    });
  }
}

/** Whether silences and inhibition see the same in both. What did not change is the same object. */
function hasSameFields(a: AlertRecord, b: AlertRecord): boolean {
  return (
    a.labels === b.labels &&
    a.tags === b.tags &&
    a.source === b.source &&
    a.severity === b.severity &&
    a.category === b.category &&
    a.title === b.title
  );
}
