import { describe, expect, it } from 'vitest';
import { formatAge, formatCountdown, formatMs, formatValue } from '../../src/dashboard/format.js';

const minute = 60_000;
const hour = 60 * minute;

describe('formatValue', () => {
  it.each([
    [42.123, '%', '42.1 %'],
    [100, '%', '100 %'],
    [3.5 * 1024 ** 3, 'B', '3.5 GiB'],
    [512, 'B', '512 B'],
    [1_234_567, 'B/s', '1.23 MB/s'],
    [0.8, 'ms', '800 µs'],
    [1500, 'ms', '1.5 s'],
    [0.25, 's', '250 ms'],
    [12_431, '', '12.4 k'],
    [0, '', '0'],
    [-1234, '', '-1.23 k'],
    [7, 'jobs', '7 jobs'],
    [1_500_000, 'req/s', '1.5 Mreq/s'],
  ])('writes %d with unit "%s" as %s', (value, unit, text) => {
    expect(formatValue(value, unit)).toBe(text);
  });
});

describe('formatMs', () => {
  it.each([
    [0, '0 ms'],
    [0.0453, '45.3 µs'],
    [12.34, '12.3 ms'],
    [90_000, '1.5 min'],
  ])('writes %d ms as %s', (ms, text) => {
    expect(formatMs(ms)).toBe(text);
  });
});

describe('formatAge', () => {
  it.each([
    [-500, 'now'],
    [999, 'now'],
    [42_900, '42 s'],
    [3 * minute, '3 min'],
    [2 * hour, '2 h'],
    [2 * hour + 5 * minute, '2 h 5 min'],
    [50 * hour, '2 d'],
  ])('writes an age of %d ms as %s', (ms, text) => {
    expect(formatAge(ms)).toBe(text);
  });
});

describe('formatCountdown', () => {
  it.each([
    [0, 'now'],
    [-5, 'now'],
    [1, '0:01'],
    [42_000, '0:42'],
    [12 * minute + 5000, '12:05'],
    [hour + 2 * minute + 3000, '1:02:03'],
  ])('writes %d ms that are left as %s', (ms, text) => {
    expect(formatCountdown(ms)).toBe(text);
  });
});
