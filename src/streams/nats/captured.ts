import { TocsinError } from '../../model/errors.js';
import { subjectsOverlap } from '../../model/subject.js';
import type { Store } from './store.js';

/**
 * A stream that stores what is published on `subjects` would also answer the requests sent there, with its own
 * acknowledgement. Rejects with `alerts_captured`.
 */
export async function assertNotCaptured({ jsm, link }: Store, subjects: readonly string[]): Promise<void> {
  try {
    for await (const { config } of jsm.streams.list()) {
      if (config.no_ack) continue;
      const capturing = config.subjects?.find((theirs) => subjects.some((ours) => subjectsOverlap(ours, theirs)));
      if (capturing !== undefined) throw captured(config.name, capturing, subjects);
    }
  } catch (err) {
    if (err instanceof TocsinError) throw err;
    link.log.warn({ err }, 'the streams cannot be listed, so nobody knows whether one captures the alert subjects');
  }
}

function captured(stream: string, theirs: string, subjects: readonly string[]): TocsinError {
  const message =
    `JetStream stream ${stream} stores ${theirs}, and would answer the alerts sent to ${subjects.join(', ')} ` +
    'before the engine does: take that subject out of the stream, or create the stream with no_ack';
  return new TocsinError('alerts_captured', message, { value: stream });
}
