import type { Budgets } from '../budgets.js';
import type { Cell, Row } from '../harness.js';
import type { Answer } from './measure.js';
import type { Question, Study, Way } from './study.js';

interface Figure {
  readonly label: string;
  readonly unit: string;
  /** Part of the key of a budget: `B7.<way>.<metric>.<size>`. */
  readonly metric: string;
}

const figures: Readonly<Record<Question, Figure>> = {
  event: { label: 'an event', unit: 'ns', metric: 'event_ns' },
  'event in sequence': { label: 'an event, keys in sequence', unit: 'ns', metric: 'sequence_ns' },
  create: { label: 'a new key', unit: 'ns', metric: 'create_ns' },
  bytes: { label: 'memory a key', unit: 'B', metric: 'bytes' },
  unsubscribe: { label: 'unsubscribe', unit: 'ms', metric: 'unsubscribe_ms' },
  stall: { label: 'all expire at one moment, longest turn', unit: 'ms CPU', metric: 'stall_ms' },
  'bytes left': { label: 'memory a key after expiry', unit: 'B', metric: 'bytes_left' },
};

/** What a way is compared by. */
const compared = [
  { question: 'event', label: 'faster than', metric: 'faster' },
  { question: 'create', label: 'a new key is cheaper than with', metric: 'creates_faster' },
  { question: 'bytes', label: 'smaller than', metric: 'smaller' },
] as const;

export function rowsOf(study: Study, way: Way, answers: readonly Answer[], budgets: Budgets): Row[] {
  return answers.map(({ question, size, value, note }) => {
    const { label, unit, metric } = figures[question];
    return {
      name: `${way.name}: ${label}, ${size} ${study.axis}`,
      value: value ?? Number.NaN,
      unit,
      kind: way.id === undefined ? 'control' : 'ours',
      cell: { operator: study.operator, axis: study.axis, way: way.name, question, size } satisfies Cell,
      ...(note !== undefined && { note }),
      ...budgetOf(budgets, `B7.${way.id}.${metric}.${size}`),
    };
  });
}

/** Ours beside the naive form, at a size that is cheap enough for both, and the same in a quick run. */
export function ratioRows(study: Study, measured: ReadonlyMap<Way, readonly Answer[]>, budgets: Budgets): Row[] {
  const [our, control] = study.ways;
  if (our === undefined || control === undefined) return [];
  const size = comparedSize(study);
  const value = (way: Way, question: Question) =>
    measured.get(way)?.find((answer) => answer.question === question && answer.size === size)?.value;
  return compared.flatMap(({ question, label, metric }) => {
    const [mine, theirs] = [value(our, question), value(control, question)];
    if (mine === undefined || theirs === undefined) return [];
    const name = `${our.name}: ${label} ${control.name}, ${size} ${study.axis}`;
    return { name, value: theirs / mine, unit: '×', kind: 'ratio', ...budgetOf(budgets, `B7.${our.id}.${metric}`) };
  });
}

export function comparedSize({ sizes, comparedAt }: Study): number {
  return comparedAt ?? sizes.findLast((size) => size <= 10_000) ?? sizes[0]!;
}

/** Budgets are data: which figure has one is known from there alone. */
function budgetOf(budgets: Budgets, key: string): Pick<Row, 'budgetKey'> {
  return key in budgets ? { budgetKey: key } : {};
}
