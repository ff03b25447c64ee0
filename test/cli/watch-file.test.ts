import { describe, expect, it } from 'vitest';
import { compareWith } from '../../src/cli/run/watch-file.js';

describe('the text of a file that is watched', () => {
  it('F10 is told to be empty once, however often its folder stirs', () => {
    const compare = compareWith('a');
    expect(['', '', ' \n', 'a', ''].map(compare)).toEqual(['empty', 'same', 'same', 'same', 'empty']);
  });

  it('has changed when it is neither empty nor what it was last', () => {
    const compare = compareWith('a');
    expect(['a', 'b', 'b', '', 'b', 'c'].map(compare)).toEqual(['same', 'changed', 'same', 'empty', 'same', 'changed']);
    expect(compareWith(undefined)('a')).toBe('changed');
  });
});
