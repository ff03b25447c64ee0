import type { SecretRegistry } from '../../config/index.js';

/** A reload brings new secrets while those of the start, and for a while the ones before it, are still in use. */
const keptRegistries = 8;

/** The secrets of a configuration and of those that took its place. */
export class KnownSecrets {
  readonly #registries: SecretRegistry[];

  constructor(first: SecretRegistry) {
    this.#registries = [first];
  }

  add(registry: SecretRegistry): void {
    this.#registries.push(registry);
    if (this.#registries.length > keptRegistries) this.#registries.splice(1, 1);
  }

  readonly scrub = (text: string): string =>
    this.#registries.reduce((scrubbed, registry) => registry.scrub(scrubbed), text);
}
