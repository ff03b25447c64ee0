import type { Encoding } from './encoding.js';
import type { Transport } from './transport.js';

/** With more than this waiting in the socket, alerts wait here and metrics go on being merged. */
export const highWaterBytes = 64 * 1024;
/** What one flush takes off the alert lane at most. */
const flushBytes = 256 * 1024;

/** Something that has alerts in the lane. */
export interface LaneOwner {
  /** One of its frames was handed to the socket. */
  written(seq: number): void;
}

interface LaneItem {
  readonly owner: LaneOwner;
  readonly seq: number;
  readonly frame: Uint8Array;
}

export interface LaneLimits {
  readonly alertLaneEvents: number;
  readonly alertLaneBytes: number;
}

/**
 * What waits to be written to one client, in three lanes: control, alerts, rows. A flush is one frame with all that may go
 * now, in that order. The alert lane is bounded; the others are bounded by those who fill them.
 */
export class Outbox {
  readonly #transport: Transport;
  readonly #encoding: Encoding;
  readonly #limits: LaneLimits;
  #control: Uint8Array[] = [];
  #alerts: LaneItem[] = [];
  #alertBytes = 0;
  #rows: Uint8Array[] = [];
  /** Whose each of the rows is. Apart from them, so that rows alone are a frame as they stand. */
  #rowOwners: object[] = [];

  constructor(transport: Transport, encoding: Encoding, limits: LaneLimits) {
    this.#transport = transport;
    this.#encoding = encoding;
    this.#limits = limits;
  }

  /** Whether the socket takes what it is given. */
  get hasRoom(): boolean {
    return this.#transport.buffered() < highWaterBytes;
  }

  get alertsWaiting(): boolean {
    return this.#alerts.length > 0;
  }

  control(frame: Uint8Array): void {
    this.#control.push(frame);
  }

  rows(owner: object, frame: Uint8Array): void {
    this.#rows.push(frame);
    this.#rowOwners.push(owner);
  }

  /** Puts an alert into its lane, or returns `false` when that is full. */
  alert(owner: LaneOwner, seq: number, frame: Uint8Array): boolean {
    const full =
      this.#alerts.length >= this.#limits.alertLaneEvents ||
      (this.#alerts.length > 0 && this.#alertBytes + frame.length > this.#limits.alertLaneBytes);
    if (full) return false;
    this.#alerts.push({ owner, seq, frame });
    this.#alertBytes += frame.length;
    return true;
  }

  /** Takes back the alerts and rows of `owner` that wait. */
  drop(owner: object): void {
    this.#alerts = this.#alerts.filter((item) => item.owner !== owner);
    this.#alertBytes = this.#alerts.reduce((sum, item) => sum + item.frame.length, 0);
    this.#rows = this.#rows.filter((_, i) => this.#rowOwners[i] !== owner);
    this.#rowOwners = this.#rowOwners.filter((each) => each !== owner);
  }

  /** Writes one frame with all that may go now; returns its size, 0 when there was nothing. */
  flush(): number {
    const frames = this.#take();
    if (frames.length === 0) return 0;
    const frame = this.#encoding.join(frames);
    this.#transport.send(frame);
    return frame.length;
  }

  /** Mostly there are rows and nothing else. */
  #take(): readonly Uint8Array[] {
    const rows = this.#rows;
    if (rows.length > 0) {
      this.#rows = [];
      this.#rowOwners = [];
    }
    if (this.#control.length === 0 && this.#alerts.length === 0) return rows;
    const frames = this.#control;
    this.#control = [];
    this.#takeAlerts(frames);
    for (const frame of rows) frames.push(frame);
    return frames;
  }

  #takeAlerts(frames: Uint8Array[]): void {
    if (this.#alerts.length === 0 || !this.hasRoom) return;
    let bytes = 0;
    let count = 0;
    while (count < this.#alerts.length && bytes < flushBytes) {
      const item = this.#alerts[count++]!;
      bytes += item.frame.length;
      frames.push(item.frame);
    }
    const taken = this.#alerts.splice(0, count);
    this.#alertBytes -= bytes;
    for (const { owner, seq } of taken) owner.written(seq);
  }
}
