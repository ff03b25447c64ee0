import { studies } from '../operators/index.js';
import { type Answer, measureWay, type Plan } from './measure.js';

/** Which way a process of its own is to measure. */
export interface Task {
  readonly study: number;
  readonly way: number;
  readonly plan: Plan;
}

export type Outcome = { readonly answers: readonly Answer[] } | { readonly error: string };

// It ends with its parent.
process.once('disconnect', () => process.exit());
process.once('message', (task: Task) => {
  void measure(task).then((outcome) => process.send?.(outcome, () => process.exit()));
});

async function measure({ study, way, plan }: Task): Promise<Outcome> {
  try {
    return { answers: await measureWay(studies[study]!, studies[study]!.ways[way]!, plan) };
  } catch (error) {
    return { error: (error as Error).message };
  }
}
