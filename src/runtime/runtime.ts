import { Subscription } from 'rxjs';
import type { SampleAnswer } from '../model/sample.js';
import type { Commands } from '../streams/commands.js';
import type { DeadLetters } from '../streams/dead-letters.js';
import type { ReadModel } from '../streams/read-model.js';
import type { Silences } from '../streams/silences.js';
import { Condition } from './condition.js';
import type { RuntimeDeps } from './deps.js';
import { settle, startCheckpoints, startDirectDelivery, startPipeline } from './evaluation.js';
import { heard, listen, type Publish, raiseSubjects, watchCaptures, watchConnection } from './listening.js';
import { createParts } from './parts.js';
import { follow, loadEarlier, loadState, recall, restoreAdmission } from './restore.js';
import type { Running } from './running.js';
import { startTelling } from './telling.js';

/** An engine's stages, running on one driver. */
export class Runtime {
  readonly #running: Running;
  readonly #condition = new Condition();
  readonly #closers: (() => Promise<void> | void)[] = [];
  readonly #listening = new Subscription();
  #publish: Publish | undefined = undefined;

  constructor(deps: RuntimeDeps) {
    const parts = createParts(deps, this.#condition);
    const onStop = (close: () => Promise<void> | void) => void this.#closers.push(close);
    this.#running = { deps, parts, condition: this.#condition, onStop };
    onStop(() => parts.health.stop());
    onStop(() => parts.janitor.stop());
  }

  get readModel(): ReadModel {
    return this.#running.parts.readModel;
  }

  get commands(): Commands {
    return this.#running.parts.commands;
  }

  get deadLetters(): DeadLetters {
    return this.#running.parts.deadLetters;
  }

  get silences(): Silences {
    return this.#running.parts.silences;
  }

  get isConnected(): boolean {
    return this.#condition.isConnected;
  }

  /** The pipeline has ended by an error: only a restart helps. */
  get hasFailed(): boolean {
    return this.#condition.hasFailed;
  }

  /** Which stream answers raises in our place; `undefined` when none does. */
  get captured(): string | undefined {
    return this.#condition.captured;
  }

  /** Why the event log refuses to be written; `undefined` while it does not. */
  get logTrouble(): string | undefined {
    return this.#running.parts.health.trouble;
  }

  /** What happened inside that should not, or seldom. */
  counters(): Readonly<Record<string, number>> {
    return { ...this.#condition.counters };
  }

  /** Takes samples of this program, once started. Throws `stopping`, or `internal` when nothing is evaluated any more. */
  publish(samples: unknown): SampleAnswer {
    this.#condition.assertEvaluating();
    return this.#publish!(samples);
  }

  /** State first, then what moves it, then what comes in. Rejects with `stopping` when it is stopped meanwhile. */
  async start(): Promise<void> {
    const running = this.#running;
    const { driver, live } = running.deps;
    await this.#step(driver.assertNotCaptured(raiseSubjects(running.deps)));
    watchConnection(running);
    await this.#step(live.load(driver.log));
    await this.#step(loadState(running));
    await this.#step(restoreAdmission(running));
    const settling = settle(running);
    const direct = startDirectDelivery(running, settling);
    const recalled = await this.#step(recall(running));
    startPipeline(running, recalled, direct);
    startCheckpoints(running, recalled);
    follow(running);
    await this.#step(startTelling(running, settling));
    await this.#step(loadEarlier(running));
    watchCaptures(running);
    this.#publish = listen(running, this.#listening);
    await this.#step(heard(running));
  }

  /** The reverse: nothing more is taken, writes end, workers hand back what they hold. Idempotent. */
  async stop(): Promise<void> {
    this.#condition.isStopping = true;
    this.#listening.unsubscribe();
    for (const close of this.#closers.splice(0).reverse()) await close();
  }

  async #step<T>(step: Promise<T>): Promise<T> {
    const done = await step;
    this.#condition.assertGoing();
    return done;
  }
}
