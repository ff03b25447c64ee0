import { signal } from '@preact/signals';
import { recall, remember } from './storage.js';

const storageKey = 'tocsin.by';

/** Who sits in front of the page: asked once, remembered by the browser. */
export class Person {
  readonly name = signal(recall(storageKey) ?? '');
  /** Whether the question is on the screen. */
  readonly asking = signal(false);
  #waiting: ((name: string | undefined) => void)[] = [];

  /** Resolves with the name, asking when it is not known; `undefined` when the question was declined. */
  identify(): Promise<string | undefined> {
    if (this.name.value !== '') return Promise.resolve(this.name.value);
    this.asking.value = true;
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  /** Asks again. */
  change(): void {
    this.asking.value = true;
  }

  answer(name: string | undefined): void {
    this.asking.value = false;
    if (name !== undefined) {
      this.name.value = name;
      remember(storageKey, name);
    }
    for (const resolve of this.#waiting.splice(0)) resolve(name);
  }
}
