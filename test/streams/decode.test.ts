import fc from 'fast-check';
import { Packr } from 'msgpackr';
import { describe, expect, it } from 'vitest';
import { decodeBody } from '../../src/streams/codec.js';
import { createSampleDecoder, type InputMessage, sampleAnswer } from '../../src/streams/decode.js';
import { SeriesTable } from '../../src/streams/series-table.js';
import { propertyRuns } from '../support/property.js';

const now = 1_700_000_000_000;
const messagePack = new Packr({ useRecords: false });

function setup(options: { maxSeries?: number; maxPoints?: number; maxLabels?: number; tokens?: string[] } = {}) {
  const series = new SeriesTable({ maxSeries: options.maxSeries ?? 100 });
  const decoder = createSampleDecoder({
    ingest: [{ subject: 'metrics.>', codec: 'auto', tokens: options.tokens ?? ['_', 'source', 'name...'] }],
    limits: { maxPointsPerMessage: options.maxPoints ?? 100, maxLabels: options.maxLabels ?? 8 },
    series,
    now: () => now,
  });
  const decode = (data: Uint8Array, subject = 'metrics.web-1.cpu.usage', contentType?: string) =>
    decoder.decode(message(data, subject, contentType));
  const json = (body: unknown, subject?: string) => decode(Buffer.from(JSON.stringify(body)), subject);
  const packed = (body: unknown, subject?: string) => decode(messagePack.pack(body), subject);
  return { series, decode, json, packed };
}

function message(data: Uint8Array, subject: string, contentType?: string): InputMessage {
  return { subject, data, header: (name) => (name.toLowerCase() === 'content-type' ? contentType : undefined) };
}

/** Values inside a value and itself, those that stand there twice counted twice. */
function countValues(value: unknown): number {
  if (typeof value !== 'object' || value === null || value instanceof Date || ArrayBuffer.isView(value)) return 1;
  return Object.values(value).reduce<number>((sum, inner) => sum + countValues(inner), 1);
}

describe('a sample', () => {
  it('P30 carries name, value, source, labels, unit and time as they are in the body', () => {
    const { json } = setup();
    const { samples } = json({
      name: 'cpu.usage',
      value: 91.5,
      source: 'web-9',
      labels: { region: 'eu-1' },
      unit: '%',
      time: now - 5,
    });
    expect(samples).toEqual([
      {
        series: {
          sid: 0,
          key: 'cpu.usage|web-9|region=eu-1',
          subject: 'metrics.web-9.cpu.usage',
          name: 'cpu.usage',
          source: 'web-9',
          labels: { region: 'eu-1' },
          unit: '%',
        },
        value: 91.5,
        time: now - 5,
        received: now,
      },
    ]);
  });

  it('P30 takes name and source from the subject where the body has none', () => {
    const [sample] = setup().json({ value: 1 }).samples;
    expect(sample?.series).toMatchObject({ name: 'cpu.usage', source: 'web-1' });
    expect(sample?.time).toBe(now);
  });

  it('takes labels from the tokens that are neither name nor source, and the body wins over the subject', () => {
    const { json } = setup({ tokens: ['_', 'region', 'source', 'name...'] });
    const [plain] = json({ value: 1 }, 'metrics.eu.web-1.cpu').samples;
    expect(plain?.series.labels).toEqual({ region: 'eu' });
    const [both] = json({ value: 1, name: 'x', source: 'y', labels: { region: 'us' } }, 'metrics.eu.web-1.cpu').samples;
    expect(both?.series).toMatchObject({ name: 'x', source: 'y', labels: { region: 'us' } });
  });

  it('may be a bare number', () => {
    const { json, packed } = setup();
    expect(json(12.5).samples[0]).toMatchObject({ value: 12.5, series: { name: 'cpu.usage', source: 'web-1' } });
    expect(packed(12.5).samples[0]?.value).toBe(12.5);
  });

  it.each([
    ['metric', { metric: 'm' }, { name: 'm' }],
    ['metric_type', { metric_type: 'm' }, { name: 'm' }],
    ['host', { host: 'h' }, { source: 'h' }],
    ['tags as a map', { tags: { a: 'b' } }, { labels: { a: 'b' } }],
    ['tags as a list', { tags: ['a', 'b'] }, { labels: { a: 'true', b: 'true' } }],
    ['labels of numbers and booleans', { labels: { port: 80, ssl: true } }, { labels: { port: '80', ssl: 'true' } }],
  ])('accepts the alias %s', (_, fields, expected) => {
    expect(setup().json({ value: 1, ...fields }).samples[0]?.series).toMatchObject(expected);
  });

  it.each([
    ['seconds', now / 1e3],
    ['milliseconds', now],
    ['microseconds', now * 1e3],
    ['nanoseconds', now * 1e6],
    ['an ISO text', new Date(now).toISOString()],
    ['an ISO text without a zone, which is UTC', new Date(now).toISOString().slice(0, -1)],
    ['an ISO text with an offset', '2023-11-15T00:13:20+02:00'],
  ])('reads a time in %s', (_, time) => {
    for (const field of ['time', 'ts', 'timestamp']) {
      expect(setup().json({ value: 1, [field]: time }).samples[0]?.time).toBe(now);
    }
  });

  it('reads a MessagePack timestamp and a 64-bit integer', () => {
    const { packed } = setup();
    expect(packed({ value: 1, time: new Date(now - 7) }).samples[0]?.time).toBe(now - 7);
    expect(packed({ value: 2n ** 40n, time: BigInt(now) }).samples[0]).toMatchObject({ value: 2 ** 40, time: now });
  });

  it('F8 that lies over a minute ahead or five behind is used at its arrival time and counted', () => {
    const { json } = setup();
    const times = [now + 60_001, now - 300_001, now + 60_000, now - 300_000, 0, -5];
    const result = json(times.map((time) => ({ value: 1, time })));
    expect(result.samples.map((sample) => sample.time)).toEqual([now, now, now + 60_000, now - 300_000, now, now]);
    expect(result.skewed).toBe(4);
    expect(result.rejections).toEqual([]);
  });

  it('ignores fields that nobody knows', () => {
    expect(setup().json({ value: 1, colour: { deep: [1] } }).samples).toHaveLength(1);
  });
});

describe('the codec', () => {
  it('is that of the content type, whatever the body looks like', () => {
    const { decode } = setup();
    const text = Buffer.from('{"value":1}');
    expect(decode(text, undefined, 'Application/JSON; charset=utf-8').samples).toHaveLength(1);
    expect(decode(text, undefined, 'application/msgpack').rejections[0]?.code).toBe('parse_failed');
    expect(decode(text, undefined, 'text/csv').rejections[0]).toMatchObject({
      code: 'codec_unknown',
      field: 'Content-Type',
    });
  });

  it('is told by the first byte when nothing says it', () => {
    const { json, packed } = setup();
    for (const body of [{ value: 1 }, [{ value: 1 }], 1.5]) {
      expect(json(body).samples).toHaveLength(1);
      expect(packed(body).samples).toHaveLength(1);
    }
  });
});

describe('what cannot be used', () => {
  it.each([
    ['a value that is absent', { valeu: 1 }, 'field_missing', 'value'],
    ['a value that is a text', { value: '91' }, 'field_invalid', 'value'],
    ['a value that is null', { value: null }, 'field_invalid', 'value'],
    ['a name that is a number', { value: 1, name: 5 }, 'field_invalid', 'name'],
    ['an empty source', { value: 1, source: '' }, 'field_invalid', 'source'],
    ['a name that is too long', { value: 1, name: 'x'.repeat(257) }, 'field_invalid', 'name'],
    ['labels that are a text', { value: 1, labels: 'a=b' }, 'field_invalid', 'labels'],
    ['a label that is a map', { value: 1, labels: { a: {} } }, 'field_invalid', 'labels.a'],
    ['a label that is too long', { value: 1, labels: { a: 'x'.repeat(257) } }, 'field_invalid', 'labels.a'],
    ['a tag that is a number', { value: 1, tags: ['a', 5] }, 'field_invalid', 'tags[1]'],
    ['a unit that is a map', { value: 1, unit: {} }, 'field_invalid', 'unit'],
    ['a time that is no time', { value: 1, time: 'yesterday' }, 'time_invalid', 'time'],
    ['a text', 'hello', 'not_an_object', undefined],
    ['null', null, 'not_an_object', undefined],
  ])('F8 %s is refused by code and field', (_, body, code, field) => {
    const { samples, rejections } = setup().json(body);
    expect(samples).toEqual([]);
    expect(rejections).toHaveLength(1);
    expect(rejections[0]).toMatchObject({
      code,
      subject: 'metrics.web-1.cpu.usage',
      excerpt: JSON.stringify(body).slice(0, 200),
    });
    expect(rejections[0]?.field).toBe(field);
  });

  it('F8 NaN and infinity are refused', () => {
    const { packed, decode } = setup();
    const codes = [
      packed({ value: Number.NaN }),
      packed({ value: Number.POSITIVE_INFINITY }),
      decode(Buffer.from('{"value":1e999}')),
    ].map((result) => result.rejections[0]?.code);
    expect(codes).toEqual(['value_not_finite', 'value_not_finite', 'value_not_finite']);
  });

  it('F8 a bad sample costs only itself, and says where it stood', () => {
    const { samples, rejections } = setup().json([{ value: 1 }, { value: 'x' }, 7, { value: 2 }]);
    expect(samples.map((sample) => sample.value)).toEqual([1, 2]);
    expect(rejections.map(({ index, code, field, excerpt }) => ({ index, code, field, excerpt }))).toEqual([
      { index: 1, code: 'field_invalid', field: 'value', excerpt: '{"value":"x"}' },
      { index: 2, code: 'not_an_object', field: undefined, excerpt: '7' },
    ]);
  });

  it('F8 a subject that does not have the tokens is refused unless the body says it all', () => {
    const { json } = setup();
    expect(json({ value: 1 }, 'metrics.web-1').rejections[0]).toMatchObject({
      code: 'subject_mismatch',
      field: 'name',
    });
    expect(json({ value: 1, name: 'cpu' }, 'metrics.web-1').samples[0]?.series.source).toBe('web-1');
    const exact = setup({ tokens: ['_', 'source', 'name'] });
    expect(exact.json({ value: 1 }, 'metrics.a.b.c').rejections[0]?.code).toBe('subject_mismatch');
  });

  it('F8 a message of too many samples and a sample of too many labels are refused', () => {
    const { json } = setup({ maxPoints: 2, maxLabels: 1 });
    expect(json([1, 2, 3].map((value) => ({ value }))).rejections[0]?.code).toBe('too_many_points');
    expect(json({ value: 1, labels: { a: 'b', c: 'd' } }).rejections[0]?.code).toBe('too_many_labels');
  });

  it('F8 a new series is refused when the table is full, and known ones go on', () => {
    const { json } = setup({ maxSeries: 1 });
    expect(json({ value: 1 }).samples).toHaveLength(1);
    expect(json({ value: 1, name: 'other' }).rejections[0]?.code).toBe('too_many_series');
    expect(json({ value: 2 }).samples).toHaveLength(1);
  });

  it('F8 a body that nests without end is refused, not thrown', () => {
    const { decode } = setup();
    expect(decode(Buffer.alloc(1_000_000, 0x91)).rejections[0]?.code).toBe('parse_failed');
    const brackets = decode(Buffer.from('['.repeat(100_000) + ']'.repeat(100_000)));
    expect(brackets.rejections[0]?.code).toBe('not_an_object');
  });

  it('F8 a short message that stands for a long one is refused: no value may be named twice', () => {
    const { decode, json } = setup();
    const cloning = new Packr({ structuredClone: true });
    let tree: unknown = {};
    for (let i = 0; i < 16; i++) tree = { a: tree, b: tree };
    for (const body of [tree, [tree], { value: 1, labels: tree }]) {
      const data = cloning.pack(body);
      expect(data.length).toBeLessThan(1_000);
      expect(decode(data).rejections).toMatchObject([{ code: 'parse_failed' }]);
    }
    expect(json({ value: 1 }).samples).toHaveLength(1);
  });

  it('F8 a body of any bytes becomes no more values than it has bytes, or is refused with parse_failed', () => {
    const extensions = fc.constantFrom(0x69, 0x70, 0x72, 0x62, 0x73, 0x42, 0x65, 0xff, 0x00);
    const bytes = fc.oneof(fc.nat(255), fc.constantFrom(0x92, 0x82, 0xa1, 0xd4, 0xd6, 0xd7, 0xc7, 0xdc), extensions);
    fc.assert(
      fc.property(fc.array(bytes, { maxLength: 2_000, size: 'max' }), (values) => {
        const data = Uint8Array.from(values);
        try {
          expect(countValues(decodeBody(data, 'application/msgpack', 'auto'))).toBeLessThanOrEqual(data.length);
        } catch (error) {
          expect(error).toMatchObject({ code: 'parse_failed' });
        }
      }),
      { numRuns: propertyRuns() },
    );
  });

  it('F8 a label called __proto__ is a label like any other', () => {
    const { decode } = setup();
    const body = (value: string) => Buffer.from(`{"value":1,"labels":{"__proto__":"${value}","a":"b"}}`);
    const [first] = decode(body('x')).samples;
    const [second] = decode(body('y')).samples;
    expect(first?.series.key).toBe('cpu.usage|web-1|__proto__=x,a=b');
    expect(second?.series.sid).not.toBe(first?.series.sid);
    expect(decode(body('x')).samples[0]?.series).toBe(first?.series);
    expect(Object.getPrototypeOf(first?.series.labels)).toBe(Object.prototype);
  });

  it('F8 whatever bytes arrive, decoding ends without an exception and accounts for every item', () => {
    const { decode, json } = setup();
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 2_000, size: 'max' }),
        fc.constantFrom(undefined, 'application/msgpack'),
        (data, type) => {
          const { samples } = decode(data, undefined, type);
          expect(samples.every((sample) => Number.isFinite(sample.value) && Number.isFinite(sample.time))).toBe(true);
        },
      ),
      { numRuns: propertyRuns() },
    );
    fc.assert(
      fc.property(fc.array(fc.anything({ maxDepth: 2 }), { maxLength: 20 }), (items) => {
        const { samples, rejections } = json(items);
        expect(samples.length + rejections.length).toBe(JSON.parse(JSON.stringify(items)).length);
      }),
      { numRuns: propertyRuns() },
    );
  });
});

describe('the answer to a publisher', () => {
  it('fits into a message whatever the labels are called that it complains of', () => {
    const { json } = setup({ maxPoints: 1_000 });
    const labels = { ['\u0001'.repeat(250)]: null };
    const answer = sampleAnswer(json(Array.from({ length: 1_000 }, () => ({ value: 1, labels }))));
    expect(answer.rejected).toHaveLength(1_000);
    expect(JSON.stringify(answer).length).toBeLessThan(1_000_000);
  });

  it('says how many were accepted and which were not', () => {
    const { json } = setup();
    expect(sampleAnswer(json({ value: 1 }))).toEqual({ ok: true, accepted: 1, rejected: [] });
    expect(sampleAnswer(json({ valeu: 1 }))).toEqual({
      ok: false,
      accepted: 0,
      rejected: [{ index: 0, code: 'field_missing', field: 'value' }],
    });
    expect(sampleAnswer(json([{ value: 1 }, 5]))).toEqual({
      ok: false,
      accepted: 1,
      rejected: [{ index: 1, code: 'not_an_object' }],
    });
  });
});
