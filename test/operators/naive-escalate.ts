export type Move =
  | { readonly kind: 'open'; readonly steps: readonly { afterMs: number }[]; readonly max: number }
  | { readonly kind: 'acknowledge'; readonly forMs: number }
  | { readonly kind: 'resume' }
  | { readonly kind: 'resolve' };

export interface Event {
  readonly at: number;
  readonly key: string;
  readonly move: Move;
}

/** The steps that a history of moves brings about by `end`, walked through millisecond by millisecond. */
export function naiveEscalate(events: readonly Event[], end: number): string[] {
  const keys = [...new Set(events.map(({ key }) => key))];
  return keys.flatMap((key) =>
    stepsOf(
      events.filter((event) => event.key === key),
      end,
    ).map((step) => `${key} ${step}`),
  );
}

function stepsOf(events: readonly Event[], end: number): string[] {
  const taken: string[] = [];
  let ladder: (Move & { kind: 'open' }) | undefined;
  let level = 0;
  let left = 0;
  let until: number | undefined;
  const after = () => ladder!.steps[Math.min(level, ladder!.steps.length - 1)]!.afterMs;
  const apply = ({ move, at }: Event) => {
    if (move.kind === 'open') {
      ladder = move;
      level = 0;
      until = undefined;
      left = after();
    } else if (move.kind === 'acknowledge') until = at + move.forMs;
    else if (move.kind === 'resume') until = undefined;
    else ladder = undefined;
  };
  for (let now = 0; now <= end; now += 1) {
    if (until !== undefined && until <= now) until = undefined;
    if (ladder !== undefined && until === undefined && left === 0) {
      level += 1;
      taken.push(`${level} @${now}`);
      if (level === ladder.max) ladder = undefined;
      else left = after();
    }
    for (const event of events) if (event.at === now) apply(event);
    if (ladder !== undefined && until === undefined) left -= 1;
  }
  return taken;
}
