import { Packr } from 'msgpackr';
import { describe, expect, it } from 'vitest';
import { TocsinError } from '../../src/model/errors.js';
import { decodeRaises, parseRaise, type RaiseDefaults } from '../../src/streams/raise-input.js';

const now = 1_700_000_000_000;
const defaults: RaiseDefaults = { resolveAfterMs: 86_400_000, now };
const parse = (input: unknown, category?: string) =>
  parseRaise(input, { ...defaults, ...(category === undefined ? {} : { category }) });

function refusal(input: unknown): TocsinError {
  try {
    parse(input);
  } catch (error) {
    if (error instanceof TocsinError) return error;
  }
  throw new Error('was not refused');
}

describe('an alert from outside', () => {
  it('P02 needs a title alone; the rest has defaults', () => {
    expect(parse({ title: 'Disk full' })).toEqual({
      title: 'Disk full',
      message: '',
      severity: 'medium',
      category: 'system',
      source: '',
      labels: {},
      tags: [],
      data: {},
      status: 'firing',
      resolveAfterMs: 86_400_000,
      time: now,
      warnings: [],
    });
  });

  it('P02 takes its category from the body, else from the subject, else system', () => {
    expect(parse({ title: 't', category: 'risk' }, 'trade').category).toBe('risk');
    expect(parse({ title: 't' }, 'trade').category).toBe('trade');
    expect(parse({ title: 't' }).category).toBe('system');
  });

  it('accepts priority for severity, and tags as a list or as labels', () => {
    expect(parse({ title: 't', priority: 'high' }).severity).toBe('high');
    expect(parse({ title: 't', severity: 'low', priority: 'high' }).severity).toBe('low');
    expect(parse({ title: 't', tags: ['a', 'b'] })).toMatchObject({ tags: ['a', 'b'], labels: {} });
    expect(parse({ title: 't', tags: { b: 1, a: 'x' }, labels: { c: 'y' } })).toMatchObject({
      tags: [],
      labels: { a: 'x', b: '1', c: 'y' },
    });
  });

  it('that resolves may carry its key alone', () => {
    expect(parse({ status: 'resolved', key: 'disk:1' })).toMatchObject({ status: 'resolved', key: 'disk:1' });
    expect(refusal({ status: 'resolved' })).toMatchObject({ code: 'field_missing', field: 'title' });
  });

  it('says how long it lasts as a duration or in milliseconds', () => {
    expect(parse({ title: 't', resolveAfter: '30m' }).resolveAfterMs).toBe(1_800_000);
    expect(parse({ title: 't', resolveAfter: 1_500 }).resolveAfterMs).toBe(1_500);
  });

  it('may be reported late, but one from the future gets its arrival time and a warning', () => {
    expect(parse({ title: 't', time: now - 3_600_000 })).toMatchObject({ time: now - 3_600_000, warnings: [] });
    expect(parse({ title: 't', time: now + 60_001 })).toMatchObject({
      time: now,
      warnings: [{ code: 'time_skewed', field: 'time' }],
    });
  });

  it('P02 is taken with a field that is unknown, and a warning that names it', () => {
    expect(parse({ title: 't', sevrity: 'high' })).toMatchObject({
      severity: 'medium',
      warnings: [{ code: 'field_unknown', field: 'sevrity' }],
    });
    const every = 'message source host key status'.split(' ').map((name) => [name, name === 'status' ? 'firing' : 'x']);
    const rest = { title: 't', severity: 'low', priority: 'low', category: 'risk', labels: {}, tags: [], data: {} };
    const times = { time: now, timestamp: now, resolveAfter: '1m' };
    expect(parse({ ...rest, ...times, ...Object.fromEntries(every) }).warnings).toEqual([]);
  });

  it('P02 names a few unknown fields, however many there are', () => {
    const many = Object.fromEntries(Array.from({ length: 1_000 }, (_, i) => [`f${i}`.padEnd(1_000, 'x'), i]));
    const { warnings } = parse({ title: 't', ...many });
    expect(warnings).toHaveLength(8);
    expect(JSON.stringify(warnings).length).toBeLessThan(4_096);
  });

  it('P07 that names an unknown template is refused, or warned about when it has a title of its own', () => {
    expect(refusal({ template: 'nope' })).toMatchObject({ code: 'template_unknown', value: 'nope' });
    expect(refusal({ template: '__proto__' })).toMatchObject({ code: 'template_unknown' });
    expect(parse({ template: 'nope', title: 't' }).warnings).toEqual([{ code: 'template_unknown', field: 'template' }]);
  });

  it('P07 takes title, message, category and data from the built-in template that it names', () => {
    const context = { symbol: 'ACME', action: 'BUY', price: '12.5', reason: 'breakout' };
    expect(parse({ template: 'trade_signal', context }, 'system')).toMatchObject({
      title: '[TRADE] ACME - BUY',
      message: 'Signal: BUY ACME\nPrice: 12.5\nReason: breakout',
      category: 'trade',
      severity: 'medium',
      status: 'event',
      data: context,
      warnings: [],
    });
    const limits = { risk_type: 'VaR', current_value: 12, limit_value: 10 };
    expect(parse({ template: 'risk_breach', context: limits })).toMatchObject({ category: 'risk', status: 'firing' });
    const order = { order_id: 'o-1', symbol: 'ACME', status: 'FILLED', quantity: 5, price: 2 };
    expect(parse({ template: 'order_executed', context: order })).toMatchObject({
      title: '[EXECUTION] Order o-1 FILLED',
      status: 'event',
      category: 'execution',
    });
  });

  it('P07 says itself what a template would say otherwise: category, severity, status, data', () => {
    const fields = { category: 'compliance', priority: 'critical', status: 'firing', data: { a: 1 } };
    expect(parse({ template: 'trade_signal', context: {}, ...fields })).toMatchObject({
      category: 'compliance',
      severity: 'critical',
      status: 'firing',
      data: { a: 1 },
    });
  });

  it('P06 is taken when a variable is missing, with the variable shown as missing and a warning that names it', () => {
    const raise = parse({ template: 'risk_breach', context: { risk_type: 'VaR', current_value: 3 } });
    expect(raise.message).toBe('Risk breach detected:\nType: VaR\nCurrent: 3\nLimit: {limit_value: missing}');
    expect(raise.warnings).toEqual([{ code: 'template_variable_missing', field: 'context', variable: 'limit_value' }]);
  });

  it('P06 sees no variable in what a context inherits, and runs nothing', () => {
    const templates = { t: { title: '{constructor} {__proto__} {toString}', body: '{1 + 1} {{x}}', requires: [] } };
    const raise = parseRaise({ template: 't', context: {} }, { ...defaults, templates });
    expect(raise.title).toBe('{constructor: missing} {__proto__: missing} {toString: missing}');
    expect(raise.message).toBe('{1 + 1} {x}');
  });

  it('P06 knows category, title, severity and source without their being given, and cuts what grows too long', () => {
    const templates = { t: { title: '{title}/{category}/{severity}/{source}', body: '{big}', requires: ['big'] } };
    const raise = parseRaise(
      { template: 't', source: 'web', context: { big: 'x'.repeat(20_000) } },
      { ...defaults, templates },
    );
    expect(raise.title).toBe('t/system/medium/web');
    expect(raise.message.length).toBeLessThanOrEqual(8_192);
    expect(raise.warnings.map(({ field }) => field)).toEqual(expect.arrayContaining(['message', 'data']));
  });

  it('P06 refuses a context that is no map', () => {
    expect(refusal({ template: 'trade_signal', context: ['x'] })).toMatchObject({
      code: 'field_invalid',
      field: 'context',
    });
  });

  it.each([
    ['nothing', null, 'not_an_object', undefined],
    ['a list', [], 'not_an_object', undefined],
    ['no title', { message: 'm' }, 'field_missing', 'title'],
    ['a blank title', { title: ' ' }, 'field_invalid', 'title'],
    ['a message that is a number', { title: 't', message: 5 }, 'field_invalid', 'message'],
    ['an unknown severity', { title: 't', severity: 'fatal' }, 'field_invalid', 'severity'],
    ['an unknown priority', { title: 't', priority: 5 }, 'field_invalid', 'priority'],
    ['a category with capitals', { title: 't', category: 'Trade' }, 'field_invalid', 'category'],
    ['an unknown status', { title: 't', status: 'open' }, 'field_invalid', 'status'],
    ['a key that is too long', { title: 't', key: 'k'.repeat(513) }, 'field_invalid', 'key'],
    ['labels that are a list', { title: 't', labels: ['a'] }, 'field_invalid', 'labels'],
    ['a label that is a map', { title: 't', labels: { a: {} } }, 'field_invalid', 'labels.a'],
    ['tags that are a text', { title: 't', tags: 'a' }, 'field_invalid', 'tags'],
    ['a tag that is null', { title: 't', tags: [null] }, 'field_invalid', 'tags[0]'],
    ['data that is a list', { title: 't', data: [1] }, 'field_invalid', 'data'],
    ['data that nests too deeply', { title: 't', data: nested(40) }, 'field_invalid', 'data'],
    ['a duration in words', { title: 't', resolveAfter: 'soon' }, 'field_invalid', 'resolveAfter'],
    ['a duration of nothing', { title: 't', resolveAfter: 0 }, 'field_invalid', 'resolveAfter'],
    ['a time that is no time', { title: 't', time: 'now' }, 'time_invalid', 'time'],
  ])('P32 with %s is refused by code and field', (_, input, code, field) => {
    const error = refusal(input);
    expect(error).toMatchObject({ code });
    expect(error.field).toBe(field);
    expect(error.allowed).toBeTruthy();
  });
});

describe('an alert that is too long', () => {
  it('P01 is cut at a character, with a mark and a warning, never refused', () => {
    const raise = parse({
      title: '😀'.repeat(200),
      message: 'é'.repeat(5_000),
      source: 's'.repeat(300),
      labels: Object.fromEntries(Array.from({ length: 70 }, (_, i) => [`l${i}`, 'v'.repeat(i === 0 ? 300 : 1)])),
      data: { text: 'x'.repeat(20_000) },
    });
    expect(raise.title).toBe(`${'😀'.repeat(127)}…`);
    expect(raise.message.endsWith('é…')).toBe(true);
    expect(Buffer.byteLength(raise.message)).toBeLessThanOrEqual(8_192);
    expect(raise.source).toHaveLength(256);
    expect(Object.keys(raise.labels)).toHaveLength(64);
    expect(raise.labels['l0']).toHaveLength(256);
    expect(Buffer.byteLength(JSON.stringify(raise.data))).toBeLessThanOrEqual(16_384);
    expect(raise.warnings.map((warning) => warning.field).sort()).toEqual(
      ['data', 'labels', 'labels.l0', 'message', 'source', 'title'].sort(),
    );
    expect(new Set(raise.warnings.map((warning) => warning.code))).toEqual(new Set(['truncated']));
  });

  it('P01 keeps data within its cap whatever characters it is made of', () => {
    const raise = parse({ title: 't', data: { text: '"\\'.repeat(10_000) } });
    expect(Buffer.byteLength(JSON.stringify(raise.data))).toBeLessThanOrEqual(16_384);
    expect(Object.keys(raise.data)).toEqual(['truncated']);
  });

  it('F8 keeps a label called __proto__ as a label', () => {
    const raise = parse(JSON.parse('{"title":"t","labels":{"__proto__":"x"},"data":{"__proto__":{"polluted":1}}}'));
    expect(Object.entries(raise.labels)).toEqual([['__proto__', 'x']]);
    expect(raise.data['polluted']).toBeUndefined();
  });
});

describe('a message with alerts', () => {
  const messagePack = new Packr({ useRecords: false });
  const decode = (data: Uint8Array, subject = 'alerts.trade', pattern?: string) =>
    decodeRaises(
      { subject, data, header: () => undefined },
      { ...defaults, maxItems: 3, ...(pattern === undefined ? {} : { subject: pattern }) },
    );

  it('may hold one or an array, in JSON or MessagePack', () => {
    const one = { title: 't' };
    expect(decode(Buffer.from(JSON.stringify(one)))).toMatchObject({ isArray: false, items: [{ category: 'trade' }] });
    expect(decode(messagePack.pack([one, one]))).toMatchObject({ isArray: true, items: [one, one] });
  });

  it('takes the category from the token under the first wildcard of its pattern', () => {
    const body = Buffer.from('{"title":"t"}');
    const categories = [
      decode(body, 'alerts.risk.fx', 'alerts.>'),
      decode(body, 'eu.alerts.Risk.x', 'eu.alerts.*.x'),
      decode(body, 'alerts.9', 'alerts.>'),
      decode(body, 'alerts.fixed', 'alerts.fixed'),
    ].map(({ items }) => (items[0] instanceof TocsinError ? undefined : items[0]?.category));
    expect(categories).toEqual(['risk', 'risk', 'system', 'system']);
  });

  it('refuses bad alerts one by one and keeps the good ones', () => {
    const { items } = decode(Buffer.from('[{"title":"a"},{"title":5},7]'));
    expect(items[0]).toMatchObject({ title: 'a' });
    expect(items.slice(1).map((item) => (item instanceof TocsinError ? item.code : undefined))).toEqual([
      'field_invalid',
      'not_an_object',
    ]);
  });

  it('F8 that does not parse or holds too many is one refusal', () => {
    expect(decode(Buffer.from('{')).items).toMatchObject([{ code: 'parse_failed' }]);
    expect(decode(Buffer.from('[1,2,3,4]')).items).toMatchObject([{ code: 'too_many_points' }]);
  });
});

function nested(levels: number): object {
  return levels === 0 ? {} : { inner: nested(levels - 1) };
}
