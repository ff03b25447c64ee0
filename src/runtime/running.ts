import type { Condition } from './condition.js';
import type { RuntimeDeps } from './deps.js';
import type { Parts } from './parts.js';

/** What the steps of a start work on. */
export interface Running {
  readonly deps: RuntimeDeps;
  readonly parts: Parts;
  readonly condition: Condition;
  /** Last in, first out, when the engine stops. */
  readonly onStop: (close: () => Promise<void> | void) => void;
}
