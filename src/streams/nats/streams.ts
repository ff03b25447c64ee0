import {
  DiscardPolicy,
  type JetStreamManager,
  NatsError,
  nanos,
  RetentionPolicy,
  StorageType,
  type StreamConfig,
  type StreamInfo,
} from 'nats';
import { TocsinError } from '../../model/errors.js';

export type { StreamInfo };

export interface StreamSpec {
  readonly name: string;
  readonly subjects: readonly string[];
  readonly maxBytes: number;
  /** `log`: kept until purged, full means refused. `queue`: gone when done. `latest`: one message a subject, the oldest go when full. */
  readonly kind: 'log' | 'queue' | 'latest';
  readonly replicas: number;
}

export interface StreamNames {
  readonly events: string;
  readonly outbox: string;
  readonly dead: string;
}

export function streamNames(prefix: string): StreamNames {
  const base = prefix.toUpperCase().replace(/[^A-Z0-9_-]/g, '_');
  return { events: `${base}_EVENTS`, outbox: `${base}_OUTBOX`, dead: `${base}_DEAD` };
}

/**
 * Makes the stream, or brings its size up to date, and reads it back: old servers drop what they do not know.
 * Rejects with `config_invalid` when a stream of that name is of another make, else with `nats_unreachable`.
 */
export async function ensureStream(jsm: JetStreamManager, spec: StreamSpec): Promise<StreamInfo> {
  const wanted = streamConfig(spec);
  try {
    const found = await findStream(jsm, spec.name);
    if (found) requireSame(spec.name, found.config, wanted);
    const info = found ? await resize(jsm, found, wanted) : await jsm.streams.add(wanted);
    requireSame(spec.name, info.config, wanted);
    return info;
  } catch (cause) {
    if (cause instanceof TocsinError) throw cause;
    const reason = cause instanceof Error ? cause.message : String(cause);
    const message = `JetStream refuses the stream ${spec.name} of ${spec.maxBytes} bytes: ${reason}`;
    throw new TocsinError('nats_unreachable', message, { cause });
  }
}

async function findStream(jsm: JetStreamManager, name: string): Promise<StreamInfo | undefined> {
  try {
    return await jsm.streams.info(name);
  } catch (error) {
    if (error instanceof NatsError && error.api_error?.code === 404) return undefined;
    throw error;
  }
}

async function resize(jsm: JetStreamManager, found: StreamInfo, wanted: Partial<StreamConfig>): Promise<StreamInfo> {
  if (found.config.max_bytes === wanted.max_bytes) return found;
  return jsm.streams.update(found.config.name, { ...found.config, max_bytes: wanted.max_bytes! });
}

const shared = {
  storage: StorageType.File,
  duplicate_window: nanos(120_000),
  allow_direct: true,
  max_age: 0,
  max_msgs: -1,
};

const kinds = {
  log: { retention: RetentionPolicy.Limits, discard: DiscardPolicy.New, max_msgs_per_subject: -1 },
  queue: { retention: RetentionPolicy.Workqueue, discard: DiscardPolicy.New, max_msgs_per_subject: -1 },
  latest: { retention: RetentionPolicy.Limits, discard: DiscardPolicy.Old, max_msgs_per_subject: 1 },
} as const satisfies Record<StreamSpec['kind'], Partial<StreamConfig>>;

function streamConfig(spec: StreamSpec) {
  return {
    name: spec.name,
    subjects: [...spec.subjects],
    max_bytes: spec.maxBytes,
    num_replicas: spec.replicas,
    ...shared,
    ...kinds[spec.kind],
  };
}

const essential = ['subjects', 'retention', 'discard', 'storage', 'max_age', 'max_msgs_per_subject'] as const;

function requireSame(name: string, found: StreamConfig, wanted: ReturnType<typeof streamConfig>): void {
  const wrong = essential.filter((key) => String(found[key]) !== String(wanted[key]));
  if (wrong.length === 0) return;
  const differences = wrong.map((key) => `${key} is ${found[key]}, must be ${wanted[key]}`).join('; ');
  throw new TocsinError('config_invalid', `stream ${name} exists with other settings: ${differences}`);
}
