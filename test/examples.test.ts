import { readFileSync } from 'node:fs';
import { map, share } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { alerts, steps } from '../examples/operators.js';
import { testScheduler } from './support/marbles.js';

const mem = { host: 'web-1', metric: 'mem', value: 95 };
const samples = {
  m: mem,
  h: { ...mem, metric: 'cpu', value: 95 },
  H: { host: 'web-2', metric: 'cpu', value: 99 },
  c: { ...mem, metric: 'cpu', value: 50 },
};

describe('the example of a pipeline', () => {
  it('finds the host that is hot, whatever else it measures, and takes what stays hot up the ladder', () => {
    testScheduler().run(({ hot, expectObservable }) => {
      const samples$ = hot('m-h-H 60s c', samples);
      const alerts$ = alerts(samples$).pipe(share());
      const told = ({ kind, key }: { kind: string; key: string }) => `${kind} ${key}`;

      expectObservable(alerts$.pipe(map(told))).toBe('30002ms a-b 30s c', {
        a: 'firing web-1 cpu',
        b: 'firing web-2 cpu',
        c: 'resolved web-1 cpu',
      });
      const reached = ({ key, level }: { key: string; level: number }) => `${key} ${level}`;
      expectObservable(steps(alerts$).pipe(map(reached))).toBe('630004ms a 1199999ms b', {
        a: 'web-2 cpu 1',
        b: 'web-2 cpu 2',
      });
    });
  });

  it('stands in the README as it is', () => {
    const example = readFileSync('examples/operators.ts', 'utf8');
    expect(readFileSync('README.md', 'utf8')).toContain(`\`\`\`ts\n${example}\`\`\`\n`);
  });
});
