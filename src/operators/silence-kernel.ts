import { defaultMaxKeys, uniqueId } from './options.js';
import { KeptValues } from './parts/kept-values.js';
import { notBefore } from './parts/kernel-time.js';
import { MatcherIndex } from './parts/matcher-index.js';
import { compileMatchers, type Labels } from './parts/matchers.js';
import { NumberPool } from './parts/number-pool.js';
import { TimingWheel } from './parts/timing-wheel.js';
import { isSame, SilenceEntry } from './silence-entry.js';
import {
  checkSilence,
  checkTimes,
  type MuteDropped,
  type Silence,
  type SilenceKernelOptions,
  type SilenceNotice,
  type SilenceSnapshot,
} from './silence-options.js';
import { requireVersion } from './state-handle.js';

/** Most starts and ends, and most kept values looked at, in one `advance`: no turn of the loop grows long. */
const mostPerAdvance = 250;
const snapshotVersion = 1;
const nobody: readonly string[] = [];

interface Planned<S extends Silence> {
  readonly silence: S;
  readonly entry: SilenceEntry<S>;
}

/**
 * Says which silences mute some labels, without RxJS. `setSilences` replaces the set; `verdict` asks. A kernel may also
 * keep the last muted value of each key (`keep`), which comes out of `advance` as `released` when nothing mutes it any
 * more. Call `advance(now)` at `nextDue()`; `verdict` itself needs no timer.
 *
 * Cost: a verdict looks only at silences of which one `=`, `^=` or the literal beginning of a `=~` is met.
 */
export class SilenceKernel<T = never, K = never, S extends Silence = Silence> {
  private now = -Infinity;
  private readonly refuses: boolean;
  private readonly index = new MatcherIndex<SilenceEntry<S>>();
  private readonly wheel = new TimingWheel();
  private readonly pool = new NumberPool();
  private readonly byId: (SilenceEntry<S> | undefined)[] = [];
  private readonly kept: KeptValues<T, K>;
  /** By the id of the silence. */
  private entries = new Map<string, SilenceEntry<S>>();
  /** Nothing is released before the first set is there. */
  private hasSet = false;
  private readonly found: SilenceEntry<S>[] = [];
  private notices: SilenceNotice<T, K, S>[] = [];
  private readonly expired = (id: number): void => this.onDue(this.byId[id]!);

  /** Throws `RangeError` or `TypeError` for a bad option, and for a snapshot that does not fit. */
  constructor(options: SilenceKernelOptions = {}, snapshot?: SilenceSnapshot<T, K>) {
    checkSilence('silence', options);
    this.refuses = options.overflow !== 'error';
    this.kept = new KeptValues(options.maxKeys ?? defaultMaxKeys);
    if (snapshot !== undefined) this.restore(snapshot);
  }

  /** How many silences of the set are not over. */
  get size(): number {
    return this.entries.size;
  }

  /** How many keys have a value kept. */
  get keptSize(): number {
    return this.kept.size;
  }

  /**
   * Replaces the set. What is the same goes on. Throws `RangeError` or `TypeError` for a bad silence; the set before
   * then stays.
   */
  setSilences(silences: readonly S[], now: number): void {
    this.now = notBefore(this.now, now);
    const set = this.planned(silences);
    const before = this.entries;
    this.entries = new Map();
    for (const [id, entry] of before) {
      const after = set.get(id)?.entry;
      if (after !== entry) this.leave(entry, after);
    }
    for (const { silence, entry } of set.values()) {
      entry.silence = silence;
      entry.order = this.entries.size;
      this.entries.set(silence.id, entry);
      if (entry.id === 0) this.enter(entry);
    }
    this.hasSet = true;
  }

  /** Ids of the silences that mute these labels now, in the order of their set; empty when none does. */
  verdict(labels: Labels, now: number): readonly string[] {
    this.now = notBefore(this.now, now);
    const { found } = this;
    this.findActive(labels);
    if (found.length < 2) return found.length === 0 ? nobody : found[0]!.ids;
    return found.sort(byOrder).map(({ silence }) => silence.id);
  }

  /** The silences that match these labels, also those that are yet to start. For a preview. */
  matching(labels: Labels): readonly S[] {
    const found: SilenceEntry<S>[] = [];
    this.index.collect(labels, found);
    return found.sort(byOrder).map(({ silence }) => silence);
  }

  /**
   * Keeps a muted value until nothing mutes it any more, in place of the one kept under its key. Throws `RangeError`
   * beyond `maxKeys` when `overflow` is `'error'`.
   */
  keep(key: K, value: T, labels: Labels, now: number): void {
    this.now = notBefore(this.now, now);
    this.drop(key, 'superseded');
    if (!this.kept.isFull) {
      this.kept.keep(key, value, labels, this.now, this.lastToEnd(labels)?.id);
      return;
    }
    if (!this.refuses) throw new RangeError(`silence: more than ${this.kept.maxKeys} values kept (maxKeys)`);
    this.notices.push({ kind: 'rejected', key, value, reason: 'max_keys' });
  }

  /** Forgets what is kept under a key. False when nothing is. */
  drop(key: K, reason: MuteDropped<T, K>['reason']): boolean {
    const slot = this.kept.find(key);
    if (slot === 0) return false;
    this.dropSlot(slot, reason);
    return true;
  }

  /** What has come about by `now`: a bounded number at a time, so look at `nextDue()` again. */
  advance(now: number): readonly SilenceNotice<T, K, S>[] {
    this.now = notBefore(this.now, now);
    this.catchUp(mostPerAdvance);
    return this.takeNotices();
  }

  /** The stream has ended: what is kept and still muted is dropped. */
  flush(now: number): readonly SilenceNotice<T, K, S>[] {
    this.now = notBefore(this.now, now);
    this.catchUp(Infinity);
    for (let slot = this.kept.oldest(); slot !== 0; slot = this.kept.oldest()) this.dropSlot(slot, 'complete');
    return this.takeNotices();
  }

  /** Nothing happens by itself before this moment: `Infinity` when nothing will, `-Infinity` when there is something now. */
  nextDue(): number {
    if (this.notices.length > 0 || (this.hasSet && this.kept.hasUndecided)) return -Infinity;
    return this.wheel.nextDue();
  }

  snapshot(): SilenceSnapshot<T, K> {
    return { version: snapshotVersion, kept: this.kept.entries() };
  }

  private restore(snapshot: SilenceSnapshot<T, K>): void {
    requireVersion('silence', snapshot, snapshotVersion);
    if (snapshot.kept.length > this.kept.maxKeys) {
      throw new RangeError(`silence: a state of more than ${this.kept.maxKeys} values kept (maxKeys)`);
    }
    for (const [key, value, labels] of snapshot.kept) this.kept.keep(key, value, labels, 0);
  }

  /** Checks and compiles; changes nothing, so that a bad set leaves the one before as it is. */
  private planned(silences: readonly S[]): Map<string, Planned<S>> {
    if (!Array.isArray(silences)) throw new TypeError('silences must be an array of silences');
    const set = new Map<string, Planned<S>>();
    const ids = new Set<string>();
    silences.forEach((silence: S, position) => {
      const name = `silences[${position}]`;
      checkTimes(name, silence);
      uniqueId(`${name}.id`, silence.id, ids);
      if (silence.endsAt > this.now) set.set(silence.id, { silence, entry: this.entryFor(name, silence) });
    });
    return set;
  }

  private entryFor(name: string, silence: S): SilenceEntry<S> {
    const known = this.entries.get(silence.id);
    if (known !== undefined && isSame(known.silence, silence)) return known;
    return new SilenceEntry(silence, compileMatchers(silence.matchers, `${name}.matchers`));
  }

  /** A silence that was active stays so without a word if the one in its place is active too. */
  private leave(entry: SilenceEntry<S>, after: SilenceEntry<S> | undefined): void {
    this.takeOut(entry);
    if (!entry.hasStarted) return;
    if (after !== undefined && after.silence.startsAt <= this.now) after.hasStarted = true;
    else this.sayEnded(entry, entry.silence.endsAt <= this.now ? 'time' : 'removed');
  }

  private enter(entry: SilenceEntry<S>): void {
    entry.id = this.pool.take();
    entry.posting = this.index.add(entry.matchers, entry);
    this.byId[entry.id] = entry;
    if (entry.silence.startsAt <= this.now) this.start(entry);
    else this.wheel.arm(entry.id, entry.silence.startsAt, this.now);
  }

  private onDue(entry: SilenceEntry<S>): void {
    if (!entry.hasStarted) {
      this.start(entry);
      return;
    }
    this.entries.delete(entry.silence.id);
    this.takeOut(entry);
    this.sayEnded(entry, 'time');
  }

  private start(entry: SilenceEntry<S>): void {
    if (!entry.hasStarted) this.notices.push({ kind: 'started', silence: entry.silence, at: this.now });
    entry.hasStarted = true;
    this.wheel.arm(entry.id, entry.silence.endsAt, this.now);
  }

  private takeOut(entry: SilenceEntry<S>): void {
    this.index.remove(entry.posting!);
    this.wheel.cancel(entry.id);
    this.kept.endCause(entry.id);
    this.byId[entry.id] = undefined;
    this.pool.giveBack(entry.id);
  }

  private sayEnded({ silence }: SilenceEntry<S>, reason: 'time' | 'removed'): void {
    this.notices.push({ kind: 'ended', silence, at: this.now, reason });
  }

  private findActive(labels: Labels): void {
    const { found, now } = this;
    found.length = 0;
    this.index.collect(labels, found);
    let count = 0;
    for (const entry of found) {
      if (entry.silence.startsAt <= now && now < entry.silence.endsAt) {
        found[count] = entry;
        count += 1;
      }
    }
    found.length = count;
  }

  /** The active silence that spares a kept value from being looked at for longest. */
  private lastToEnd(labels: Labels): SilenceEntry<S> | undefined {
    this.findActive(labels);
    let last = this.found[0];
    for (const entry of this.found) if (entry.silence.endsAt > last!.silence.endsAt) last = entry;
    return last;
  }

  private catchUp(most: number): void {
    this.wheel.advance(this.now, this.expired, most);
    if (this.hasSet) this.decide(most);
  }

  /** Releases what nothing mutes any more. */
  private decide(most: number): void {
    for (let left = most; left > 0 && this.kept.hasUndecided; left -= 1) {
      const slot = this.kept.nextUndecided();
      const entry = this.lastToEnd(this.kept.labelsOf(slot));
      if (entry === undefined) this.release(slot);
      else this.kept.setCause(slot, entry.id);
    }
  }

  private release(slot: number): void {
    this.notices.push({ kind: 'released', key: this.kept.keyOf(slot), value: this.kept.valueOf(slot) });
    this.kept.remove(slot);
  }

  private dropSlot(slot: number, reason: MuteDropped<T, K>['reason']): void {
    this.notices.push({ kind: 'dropped', key: this.kept.keyOf(slot), value: this.kept.valueOf(slot), reason });
    this.kept.remove(slot);
  }

  private takeNotices(): readonly SilenceNotice<T, K, S>[] {
    if (this.notices.length === 0) return nobody as readonly never[];
    const { notices } = this;
    this.notices = [];
    return notices;
  }
}

function byOrder(one: { readonly order: number }, other: { readonly order: number }): number {
  return one.order - other.order;
}
