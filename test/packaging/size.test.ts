import { expect, it } from 'vitest';
import { operatorSizes } from '../../scripts/operators/size.js';

const sizes = await operatorSizes();

it.each(sizes.slice(0, -1))('$name has at most 5 kB, bundled without rxjs, minified and gzipped', ({ bytes }) => {
  expect(bytes).toBeLessThanOrEqual(5_000);
});

it('all operators together have at most 25 kB', () => {
  expect(sizes.at(-1)!.bytes).toBeLessThanOrEqual(25_000);
});
