import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseSize } from '../../src/config/size.js';
import { parseDuration } from '../../src/model/duration.js';

describe('a duration', () => {
  it.each([
    ['500ms', 500],
    ['30s', 30_000],
    ['5m', 300_000],
    ['4h', 14_400_000],
    ['7d', 604_800_000],
    ['1.5h', 5_400_000],
    ['0s', 0],
    ['1.001s', 1_001],
    ['0.5ms', 1],
    ['3650d', 315_360_000_000],
  ])('%s is %d ms', (text, ms) => {
    expect(parseDuration(text)).toBe(ms);
  });

  it.each([
    '',
    '30',
    's',
    '-1s',
    '1 s',
    '1S',
    '1e3s',
    '1h30m',
    '.5s',
    'Infinitys',
    '3651d',
    '1'.repeat(400).concat('d'),
  ])('%j is refused', (text) => {
    expect(parseDuration(text)).toBeUndefined();
  });

  it('never gives anything but a whole number of milliseconds from zero on', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.stringMatching(/^\d{0,20}(\.\d{0,5})?(ms|s|m|h|d)?$/)), (text) => {
        const ms = parseDuration(text);
        return ms === undefined || (Number.isSafeInteger(ms) && ms >= 0);
      }),
    );
  });
});

describe('a size', () => {
  it.each([
    ['512B', 512],
    ['64KiB', 65_536],
    ['1MiB', 1_048_576],
    ['1.5GiB', 1_610_612_736],
    ['1TiB', 1_099_511_627_776],
  ])('%s is %d bytes', (text, bytes) => {
    expect(parseSize(text)).toBe(bytes);
  });

  it.each(['', '64', '64KB', '64kib', '-1B', '1 MiB', '99999999999TiB'])('%j is refused', (text) => {
    expect(parseSize(text)).toBeUndefined();
  });
});
