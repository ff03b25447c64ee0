import { cutChars } from '../model/cut.js';
import { TocsinError } from '../model/errors.js';
import type { Rejection, Sample, SampleAnswer } from '../model/sample.js';
import type { Labels } from '../model/series.js';
import { bodyExcerpt, decodeBody } from './codec.js';
import { readLabels } from './input-labels.js';
import { InputProblem } from './input-problem.js';
import { readTime } from './input-time.js';
import type { BusMessage } from './ports.js';
import type { SeriesTable } from './series-table.js';
import { createSubjectReader, type IngestPattern, type SubjectFields } from './subject-fields.js';

export type InputMessage = Pick<BusMessage, 'subject' | 'data' | 'header'>;

export interface SampleDecoderOptions {
  readonly ingest: readonly IngestPattern[];
  readonly limits: { readonly maxPointsPerMessage: number; readonly maxLabels: number };
  readonly series: SeriesTable;
  /** Wall time, epoch milliseconds; read once a message. */
  readonly now: () => number;
}

export interface Decoded {
  readonly samples: readonly Sample[];
  readonly rejections: readonly Rejection[];
  /** How many samples carried an impossible time and got that of their arrival. */
  readonly skewed: number;
}

export interface SampleDecoder {
  /** Never throws: what cannot be used is a rejection, and what can be used is used. */
  decode(message: InputMessage): Decoded;
  /** The same of a sample, or a list of them, that names itself; `from` stands for a subject in what is rejected. */
  read(body: unknown, from: string): Decoded;
}

interface Decoding {
  readonly samples: Sample[];
  readonly rejections: Rejection[];
  skewed: number;
}

type Item = Readonly<Record<string, unknown>>;

const noLabels: Labels = {};
const maxAheadMs = 60_000;
const maxBehindMs = 300_000;
const maxNameChars = 256;
const maxUnitChars = 32;
/** A field may be named after a label, and any of its characters may need six in JSON. */
const maxAnswerFieldChars = 80;

/** Turns input messages into samples of interned series. */
export function createSampleDecoder(options: SampleDecoderOptions): SampleDecoder {
  const { series, limits, now } = options;
  const fieldsOf = createSubjectReader(options.ingest);
  // No subject speaks for what names itself, and none is to blame.
  const ownFields: SubjectFields = { ...createSubjectReader([])(''), fits: true };
  const labelLimits = { maxLabels: limits.maxLabels, maxChars: maxNameChars };

  function decode(message: InputMessage): Decoded {
    const received = now();
    const out: Decoding = { samples: [], rejections: [], skewed: 0 };
    try {
      const fields = fieldsOf(message.subject);
      const body = decodeBody(message.data, message.header('content-type'), fields.codec);
      const problem = decodeAny(body, message.subject, fields, received, out);
      if (problem !== undefined) out.rejections.push(rejection(message.subject, problem, bodyExcerpt(message.data)));
    } catch (error) {
      out.rejections.push(rejection(message.subject, problemOf(error), bodyExcerpt(message.data)));
    }
    return out;
  }

  function read(body: unknown, from: string): Decoded {
    const received = now();
    const out: Decoding = { samples: [], rejections: [], skewed: 0 };
    try {
      const problem = decodeAny(body, from, ownFields, received, out);
      if (problem !== undefined) out.rejections.push(rejection(from, problem, itemText(body)));
    } catch (error) {
      out.rejections.push(rejection(from, problemOf(error), itemText(body)));
    }
    return out;
  }

  /** What is wrong with a single sample; of an array, each rejection stands in `out`. */
  function decodeAny(
    body: unknown,
    subject: string,
    fields: SubjectFields,
    received: number,
    out: Decoding,
  ): InputProblem | undefined {
    if (!Array.isArray(body)) {
      // A bare number is the least that a publisher can say.
      return accept(typeof body === 'number' ? { value: body } : body, fields, received, out);
    }
    decodeArray(body, subject, fields, received, out);
    return undefined;
  }

  function decodeArray(
    items: readonly unknown[],
    subject: string,
    fields: SubjectFields,
    received: number,
    out: Decoding,
  ): void {
    if (items.length > limits.maxPointsPerMessage) {
      const reason = `${items.length} samples in one message, ${limits.maxPointsPerMessage} are allowed`;
      out.rejections.push(rejection(subject, new InputProblem('too_many_points', reason), ''));
      return;
    }
    for (let index = 0; index < items.length; index++) {
      const problem = accept(items[index], fields, received, out);
      if (problem !== undefined) out.rejections.push({ ...rejection(subject, problem, itemText(items[index])), index });
    }
  }

  /** Adds the sample, or says why not. */
  function accept(item: unknown, fields: SubjectFields, received: number, out: Decoding): InputProblem | undefined {
    if (typeof item !== 'object' || item === null || Array.isArray(item)) {
      return new InputProblem('not_an_object', 'a sample must be a map of fields');
    }
    const { value } = item as Item;
    if (typeof value !== 'number' || !Number.isFinite(value)) return valueProblem(value);
    const found = findSeries(item as Item, fields);
    if (found instanceof InputProblem) return found;
    const time = eventTime(item as Item, received, out);
    if (time instanceof InputProblem) return time;
    out.samples.push({ series: found, value, time, received });
    return undefined;
  }

  function findSeries(item: Item, fields: SubjectFields): Sample['series'] | InputProblem {
    const name = item['name'] ?? item['metric'] ?? item['metric_type'] ?? fields.name;
    if (!isName(name)) return nameProblem('name', name, fields);
    const source = item['source'] ?? item['host'] ?? fields.source;
    if (!isName(source)) return nameProblem('source', source, fields);
    const labels = labelsOf(item, fields);
    if (labels instanceof InputProblem) return labels;
    const unit = item['unit'] ?? undefined;
    if (unit !== undefined && (typeof unit !== 'string' || unit.length > maxUnitChars)) {
      return new InputProblem('field_invalid', `unit must be a text of at most ${maxUnitChars} characters`, 'unit');
    }
    const found = series.intern(name, source, labels, unit, fields.lastSeries);
    if (found === undefined) return new InputProblem('too_many_series', 'the series table is full');
    fields.lastSeries = found;
    return found;
  }

  function labelsOf(item: Item, fields: SubjectFields): Labels | InputProblem {
    const raw = item['labels'] ?? item['tags'];
    if (raw === undefined || raw === null) return fields.labels ?? noLabels;
    const labels = readLabels(raw, item['labels'] == null ? 'tags' : 'labels', labelLimits);
    if (fields.labels === undefined || labels instanceof InputProblem) return labels;
    return { ...fields.labels, ...labels };
  }

  return { decode, read };
}

/** The answer to a publisher that asked for one. */
export function sampleAnswer(result: Decoded): SampleAnswer {
  return {
    ok: result.rejections.length === 0,
    accepted: result.samples.length,
    // An answer has to fit into one message.
    rejected: result.rejections.slice(0, 1_000).map(({ index = 0, code, field }) => ({
      index,
      code,
      ...(field === undefined ? {} : { field: cutChars(field, maxAnswerFieldChars) }),
    })),
  };
}

/** Event time in epoch milliseconds; that of the arrival when there is none or it cannot be true. */
function eventTime(item: Item, received: number, out: Decoding): number | InputProblem {
  const raw = item['time'] ?? item['ts'] ?? item['timestamp'];
  if (raw === undefined || raw === null) return received;
  const time = readTime(raw);
  if (Number.isNaN(time)) {
    return new InputProblem('time_invalid', 'time must be an epoch number or an ISO 8601 text', 'time');
  }
  if (time <= received + maxAheadMs && time >= received - maxBehindMs) return time;
  out.skewed++;
  return received;
}

function isName(value: unknown): value is string {
  return typeof value === 'string' && value !== '' && value.length <= maxNameChars;
}

function nameProblem(field: 'name' | 'source', value: unknown, fields: SubjectFields): InputProblem {
  if (value !== undefined) {
    return new InputProblem('field_invalid', `${field} must be a text of 1 to ${maxNameChars} characters`, field);
  }
  if (fields.fits)
    return new InputProblem('field_missing', `${field} is neither in the body nor in the subject`, field);
  return new InputProblem('subject_mismatch', `the subject lacks the token for ${field}, and the body has none`, field);
}

function valueProblem(value: unknown): InputProblem {
  if (value === undefined) return new InputProblem('field_missing', 'value is absent', 'value');
  if (typeof value === 'number') return new InputProblem('value_not_finite', `value is ${value}`, 'value');
  return new InputProblem('field_invalid', 'value must be a number', 'value');
}

function problemOf(error: unknown): InputProblem {
  if (error instanceof TocsinError) return new InputProblem(error.code, error.message, error.field);
  return new InputProblem('internal', 'unexpected failure while decoding');
}

function rejection(subject: string, problem: InputProblem, excerpt: string): Rejection {
  const { code, reason, field } = problem;
  return { subject, code, reason, ...(field === undefined ? {} : { field }), excerpt };
}

function itemText(item: unknown): string {
  try {
    return (JSON.stringify(item) ?? '').slice(0, 200);
  } catch {
    return ''; // nested too deeply to be shown
  }
}
