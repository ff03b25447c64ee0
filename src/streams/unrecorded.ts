import type { NoticeInput } from '../model/decision/index.js';
import { TocsinError } from '../model/errors.js';
import type { KeyDesk, Write } from './key-desk.js';
import { isUnavailable, type LogHealth } from './log-health.js';
import type { EventLog } from './ports.js';

export interface UnrecordedDeps {
  readonly log: EventLog;
  readonly health: LogHealth;
  /** The log has it now. */
  readonly onRecorded: (desk: KeyDesk, write: Write, seq: number) => void;
  /** Somebody else wrote this key meanwhile: all that waited is to be decided again. Resolves when the log was read. */
  readonly onMoved: (desk: KeyDesk, writes: readonly Write[]) => Promise<void>;
  /** No retry would help. */
  readonly onLost: (write: Write, error: unknown) => void;
  /** Nothing of this key is under way any more. */
  readonly onSettled: (desk: KeyDesk) => void;
}

/** Transitions that are remembered while the log refuses them. */
const maxHeld = 10_000;
/** Keys that are written at the same time when it is back. */
const writers = 64;

/** Transitions that the log has refused: they wait here, in order for each key, and are written when it is back. */
export class Unrecorded {
  readonly #deps: UnrecordedDeps;
  readonly #desks = new Set<KeyDesk>();
  #size = 0;
  #recording: Promise<void> = Promise.resolve();

  constructor(deps: UnrecordedDeps) {
    this.#deps = deps;
  }

  get size(): number {
    return this.#size;
  }

  get isFull(): boolean {
    return this.#size >= maxHeld;
  }

  hold(desk: KeyDesk, write: Write): void {
    desk.unrecorded = [...desk.unrecorded, write];
    desk.record = write.event.alert;
    this.#desks.add(desk);
    this.#size++;
  }

  /** Writes what waits, after what an earlier call still writes. Inputs of these keys wait behind it from now on. */
  recordAll(): Promise<void> {
    const desks = [...this.#desks];
    for (const desk of desks) desk.busy = true;
    this.#recording = this.#recording.then(() => this.#recordEach(desks.values()));
    return this.#recording;
  }

  async #recordEach(desks: Iterator<KeyDesk> & Iterable<KeyDesk>): Promise<void> {
    const work = async () => {
      for (const desk of desks) await this.#record(desk);
    };
    await Promise.all(Array.from({ length: writers }, work));
  }

  async #record(desk: KeyDesk): Promise<void> {
    while (desk.unrecorded.length > 0 && this.#deps.health.isWell) await this.#recordNext(desk);
    if (desk.unrecorded.length === 0) this.#desks.delete(desk);
    else desk.record = desk.unrecorded.at(-1)!.event.alert;
    desk.busy = false;
    this.#deps.onSettled(desk);
  }

  async #recordNext(desk: KeyDesk): Promise<void> {
    const { log, health, onRecorded, onMoved, onLost } = this.#deps;
    const write = desk.unrecorded[0]!;
    try {
      const seq = await log.append({ ...write.entry, expectedSeq: desk.seq });
      this.#take(desk, 1);
      onRecorded(desk, write, seq);
    } catch (error) {
      if (isConflict(error)) await onMoved(desk, this.#take(desk, desk.unrecorded.length));
      else if (isUnavailable(error)) health.refused(error);
      else for (const lost of this.#take(desk, 1)) onLost(lost, error);
    }
  }

  #take(desk: KeyDesk, count: number): readonly Write[] {
    this.#size -= count;
    const taken = desk.unrecorded.slice(0, count);
    desk.unrecorded = desk.unrecorded.slice(count);
    return taken;
  }
}

function isConflict(error: unknown): boolean {
  return error instanceof TocsinError && error.code === 'log_conflict';
}

/** A key of its own each time, so that each outage is told. */
export function overflowNotice(held: number, now: number): NoticeInput {
  const message =
    `The event log refuses to be written, and ${held} transitions of alerts wait for it. No more are remembered: ` +
    'further ones are lost until it is back.';
  const key = `unrecorded_overflow:${Math.round(now)}`;
  const title = 'Alerts are lost while the event log refuses';
  return { kind: 'notice', key, reason: 'unrecorded_overflow', severity: 'critical', title, message };
}
