import { type InhibitRule, inhibit } from '../../../src/operators/inhibit.js';
import type { OperatorDiagram } from '../../../src/operators/testing/marbles.js';

const rule: InhibitRule = {
  id: 'switch',
  source: [{ label: 'name', op: '=', value: 's' }],
  target: [{ label: 'name', op: '=~', value: '[tu]' }],
  equal: [],
};

/** `r` closes `s`; `T` closes `t`. */
const key = (name: string) => (name === 'r' ? 's' : name.toLowerCase());
const labels = (name: string) => ({ name: key(name) });
const open = (name: string) => name !== 'r' && name !== 'T';
const common = { rules: [rule], labels, open };

export const diagrams: readonly OperatorDiagram[] = [
  {
    title: 'targets are held back while a source is open; those still open when it closes are emitted then',
    operator: () => inhibit(key, common),
    source: 's-t-u-r----|',
    output: 's-----(rtu)|',
  },
  {
    title: 'what closes passes at once, and what was kept of its key is dropped',
    operator: () => inhibit(key, common),
    source: 's-t-u-T-r---|',
    output: 's-----T-(ru)|',
  },
  {
    title: 'with `settleMs`, a target waits for a source that comes late',
    operator: () => inhibit(key, { ...common, settleMs: 3 }),
    source: 't----t-s---|',
    output: '---t---s---|',
  },
  {
    title: 'side hears what is held back, and what is released',
    operator: ({ side }) => {
      const kinds = { next: ({ kind }: { kind: string }) => side.next(kind) };
      return inhibit(key, { ...common, side: kinds });
    },
    source: 's-t-r---|',
    output: 's---(rt)|',
    side: '  --i-k----',
    values: { i: 'inhibited', k: 'released' },
  },
];
