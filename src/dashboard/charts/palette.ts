export const curveColors = Array.from({ length: 8 }, (_, i) => `--curve-${i}`);

/** Colours of the style sheet for a canvas, which knows no variables. A change of theme makes a new palette. */
export class Palette {
  readonly #probe: HTMLElement;
  readonly #colors = new Map<string, string>();

  constructor(probe: HTMLElement) {
    this.#probe = probe;
  }

  /** The colour that `variable` (`--dim`) stands for in the present theme. */
  of(variable: string): string {
    const known = this.#colors.get(variable);
    if (known !== undefined) return known;
    this.#probe.style.color = `var(${variable})`;
    const { color } = getComputedStyle(this.#probe);
    this.#probe.style.color = '';
    this.#colors.set(variable, color);
    return color;
  }
}
