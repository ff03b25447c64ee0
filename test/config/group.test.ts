import { describe, expect, it } from 'vitest';
import { resolveConfig } from '../../src/config/index.js';

describe('group', () => {
  it('P15 is off unless given', () => {
    expect(resolveConfig({}).group).toBeUndefined();
  });

  it('P15 waits half a minute, then five, and tells fifty, unless it says otherwise', () => {
    expect(resolveConfig({ group: { by: ['category'] } }).group).toEqual({
      by: ['category'],
      waitMs: 30_000,
      intervalMs: 300_000,
      max: 50,
    });
    const all = { by: ['labels.desk', 'rule'], wait: '0s', interval: '1m', repeat: '4h', max: 5 };
    expect(resolveConfig({ group: all }).group).toEqual({
      by: ['labels.desk', 'rule'],
      waitMs: 0,
      intervalMs: 60_000,
      repeatMs: 14_400_000,
      max: 5,
    });
  });

  it.each([
    [
      'a field that alerts do not have',
      { by: ['colour'] },
      /group\.by\[0\] must be a field that alerts are grouped by/,
    ],
    ['a repeat shorter than the interval', { by: [], repeat: '1m' }, /"repeat" may not be shorter than "interval"/],
    ['more than a message holds', { by: [], max: 501 }, /group\.max.*500/s],
  ])('P32 %s is refused', (_, group, message) => {
    expect(() => resolveConfig({ group })).toThrow(message);
  });
});
