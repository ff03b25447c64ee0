import type { Sample } from '../model/sample.js';

/** The last value of each series, by its number. */
export class LastSamples {
  #values = new Float64Array(64);
  #times = new Float64Array(64);

  note(samples: readonly Sample[]): void {
    for (const { series, value, received } of samples) {
      const { sid } = series;
      if (sid >= this.#values.length) this.#grow(sid);
      this.#values[sid] = value;
      this.#times[sid] = received;
    }
  }

  /** `at`: wall time of arrival. */
  of(sid: number): { readonly value: number; readonly at: number } | undefined {
    const at = this.#times[sid] ?? 0;
    return at === 0 ? undefined : { value: this.#values[sid]!, at };
  }

  #grow(sid: number): void {
    const length = Math.max(2 * this.#values.length, sid + 1);
    this.#values = longer(this.#values, length);
    this.#times = longer(this.#times, length);
  }
}

function longer(array: Float64Array<ArrayBuffer>, length: number): Float64Array<ArrayBuffer> {
  const copy = new Float64Array(length);
  copy.set(array);
  return copy;
}
