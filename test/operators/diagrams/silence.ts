import { type Silence, silence } from '../../../src/operators/silence.js';
import type { OperatorDiagram } from '../../../src/operators/testing/marbles.js';

const labels = (name: string) => ({ name: name.toLowerCase() });
const key = (name: string) => name.toLowerCase();
const silenceOf = (name: string, startsAt: number, endsAt: number): Silence => ({
  id: name,
  matchers: [{ label: 'name', op: '=', value: name }],
  startsAt,
  endsAt,
});

export const diagrams: readonly OperatorDiagram[] = [
  {
    title: 'what an active silence matches is held back, from its start until before its end',
    operator: () => silence({ labels, silences: [silenceOf('a', 2, 8)] }),
    source: 'a-a-b-a-a-a-|',
    output: 'a---b---a-a-|',
  },
  {
    title: 'with `key`, what is still open when its silence ends is emitted then',
    operator: () => silence({ labels, silences: [silenceOf('a', 2, 8)], key }),
    source: 'a--b-a------|',
    output: 'a--b----a---|',
  },
  {
    title: 'only the last muted value of a key is kept, and only while something mutes it',
    operator: ({ hot }) => silence({ labels, silences: hot<Silence[]>('x-----y---'), key }),
    source: '--a-Ab-----|',
    output: '------(Ab)-|',
    values: { x: [silenceOf('a', 0, 50), silenceOf('b', 0, 50)], y: [] },
  },
  {
    title: 'side hears when silences start and end, and what they mute',
    operator: ({ side }) => {
      const kinds = { next: ({ kind }: { kind: string }) => side.next(kind) };
      return silence({ labels, silences: [silenceOf('a', 2, 6)], side: kinds });
    },
    source: '----a--a|',
    output: '-------a|',
    side: '  --s-m-e--',
    values: { s: 'started', m: 'muted', e: 'ended' },
  },
];
