import { TocsinError } from '../model/errors.js';
import type { Series } from '../model/series.js';
import { ThresholdState } from '../operators/threshold.js';
import type { SourceRow } from '../streams/checkpoint-piece.js';
import type { BusStatus } from '../streams/ports.js';

/** How the stages are, while they run. */
export class Condition {
  status: BusStatus = 'connected';
  isStopping = false;
  /** The pipeline has ended by an error: only a restart helps. */
  hasFailed = false;
  /** Which stream answers raises in our place; `undefined` when none does. */
  captured: string | undefined = undefined;
  /** What the rules hold of each series. */
  thresholds = new ThresholdState<Series>();
  /** What absence rules have heard of their sources. */
  sources: () => Iterable<SourceRow> = () => [];
  /** What happened inside that should not, or seldom. */
  readonly counters = {
    timers_rearmed: 0,
    transitions_unrecorded: 0,
    unrecorded_delivered: 0,
    transitions_lost: 0,
    alerts_captured: 0,
  };

  get isConnected(): boolean {
    return this.status === 'connected';
  }

  assertGoing(): void {
    if (this.isStopping) throw new TocsinError('stopping', 'the engine is stopping', { temporary: true });
  }

  /** Samples are evaluated. */
  assertEvaluating(): void {
    this.assertGoing();
    if (this.hasFailed) throw new TocsinError('internal', 'the alert pipeline has failed');
  }

  /** Commands are taken. */
  assertReady(): void {
    this.assertEvaluating();
    if (!this.isConnected) throw new TocsinError('bus_unavailable', 'NATS is not connected now', { temporary: true });
  }
}
