import { fork } from 'node:child_process';
import { bundle } from '../bundle.js';
import type { Answer } from './measure.js';
import type { Outcome, Task } from './worker.js';

/** A process for each way, so that none meets the garbage, or the compiled code, of another. */
export class Isolated {
  private readonly file = bundle('study/worker.ts');

  measure(task: Task): Promise<readonly Answer[]> {
    return new Promise((resolve, reject) => {
      const child = fork(this.file, { execArgv: ['--expose-gc'] });
      child.once('message', (outcome: Outcome) => {
        if ('answers' in outcome) resolve(outcome.answers);
        else reject(new Error(outcome.error));
      });
      child.once('error', reject);
      child.once('exit', (code, signal) => reject(new Error(`ended with ${signal ?? code}`)));
      child.send(task);
    });
  }
}
