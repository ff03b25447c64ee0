import { promisify } from 'node:util';
import { gunzip, gzip } from 'node:zlib';
import type { AbsenceEntry } from '../operators/absence.js';
import type { ThresholdEntry, ThresholdMemoryEntry } from '../operators/threshold.js';
import type { LogEntry } from './ports.js';

type Named<T> = Omit<T, 'key' | 'metric' | 'source' | 'labels'> & { readonly series: string };

/** A state of a rule and series that is not at rest. */
export type StateRow = Named<ThresholdEntry<unknown>>;
/** What some rules remember of a series. */
export type MemoryRow = Named<ThresholdMemoryEntry<unknown>>;
/** A source that a rule waits for. */
export interface SourceRow {
  readonly ruleId: string;
  readonly source: AbsenceEntry<string>;
}

/** One thing that is remembered. Times are those of the scheduler. */
export type Row = { readonly state: StateRow } | { readonly memory: MemoryRow } | SourceRow;

/** What all pieces of a checkpoint have in common. */
export interface CheckpointHead {
  readonly v: 1;
  /** Wall time at which it was taken; tells one checkpoint from another. */
  readonly at: number;
  /** The scheduler's time then. */
  readonly mono: number;
  /** How each rule decided then, by id. */
  readonly rules: Readonly<Record<string, string>>;
}

/** As the log has it. The rows are compressed: whoever follows the whole log reads past them. */
export interface CheckpointPiece extends CheckpointHead {
  readonly part: number;
  readonly parts: number;
  readonly gzip: string;
}

const compress = promisify(gzip);
const decompress = promisify(gunzip);
/** Rows that barely compress are not worth more time. */
const level = 1;

export async function packRows(text: string): Promise<string> {
  return (await compress(text, { level })).toString('base64');
}

export async function unpackRows(packed: string): Promise<readonly Row[]> {
  const text = (await decompress(Buffer.from(packed, 'base64'))).toString();
  return JSON.parse(text) as Row[];
}

/** The piece that a log entry holds, if it holds one. */
export function asPiece({ body }: LogEntry): CheckpointPiece | undefined {
  const piece = body as Partial<CheckpointPiece> | null;
  if (piece?.v !== 1 || typeof piece.gzip !== 'string' || typeof piece.rules !== 'object') return undefined;
  const numbers = [piece.at, piece.mono, piece.part, piece.parts];
  return numbers.every((each) => Number.isFinite(each)) ? (piece as CheckpointPiece) : undefined;
}
