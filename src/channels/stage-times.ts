import type { Marks } from '../model/event.js';

const order = ['received', 'evaluated', 'stored', 'sent'] as const;
/** From a sample's arrival to its notification. */
const budgetMs = 50;

/** `evaluated 0.1 · stored 0.8 · sent 0.2 = 1.1 ms of 50 ms`: how long each stage took; empty when nothing is known. */
export function stageTimes(marks: Marks = {}): string {
  const known = order.flatMap((stage) => (marks[stage] === undefined ? [] : [{ stage, at: marks[stage] }]));
  const first = known[0];
  const last = known.at(-1);
  if (first === undefined || first === last) return '';
  const parts = known.slice(1).map(({ stage, at }, i) => `${stage} ${milliseconds(at - known[i]!.at)}`);
  const budget = first.stage === 'received' ? ` of ${budgetMs} ms` : '';
  return `${parts.join(' · ')} = ${milliseconds(last!.at - first.at)} ms${budget}`;
}

function milliseconds(duration: number): string {
  return Math.max(0, duration).toFixed(1);
}
