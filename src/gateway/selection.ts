import type { Series } from '../model/series.js';
import { Conflation } from '../operators/parts/conflation.js';
import type { Encoding } from './encoding.js';

/** A metrics subscription as the hub sees it. */
export interface Member {
  readonly id: number;
  readonly encoding: Encoding;
  /** Kept by the hub. */
  group: Group;
  /** How many series of the selection, in its order, it has been told; kept by the hub. */
  announced: number;
  /** Whether it can be given rows now; if not, they go on being merged. */
  ready(): boolean;
  /** Gets one frame, to be written with the next flush of its client. */
  deliver(frame: Uint8Array): void;
  /** Its selection has one series more. */
  grown(): void;
}

/** The members of one selection that are flushed together. */
export class Group {
  readonly members = new Set<Member>();
  /** Waits to be flushed in the present pass. */
  sealing = false;
  readonly selection: Selection;
  readonly periodMs: number;
  /** The number of the cut up to which the members have been told everything. */
  cut: number;
  /** What the members have not been told yet, by position in the selection. */
  readonly window: Conflation;

  constructor(selection: Selection, periodMs: number, cut: number, window = new Conflation()) {
    this.selection = selection;
    this.periodMs = periodMs;
    this.cut = cut;
    this.window = window;
  }
}

/** The series that a set of patterns and a filter choose, shared by everybody who asks for the same. */
export class Selection {
  /** In the order in which they were found; a position in it never changes. */
  readonly sids: number[] = [];
  readonly groups: Group[] = [];

  readonly key: string;
  readonly patterns: readonly string[];
  readonly chooses: (series: Series) => boolean;

  constructor(key: string, patterns: readonly string[], chooses: (series: Series) => boolean) {
    this.key = key;
    this.patterns = patterns;
    this.chooses = chooses;
  }

  /** The group that was told everything up to `cut`, if there is one. */
  groupAt(cut: number, periodMs: number): Group | undefined {
    return this.groups.find((group) => group.cut === cut && group.periodMs === periodMs);
  }

  remove(group: Group): void {
    const at = this.groups.indexOf(group);
    if (at >= 0) this.groups.splice(at, 1);
  }
}
