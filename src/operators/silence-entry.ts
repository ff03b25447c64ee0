import type { Posting } from './parts/matcher-index.js';
import type { CompiledMatchers, LabelMatcher } from './parts/matchers.js';
import type { Silence } from './silence-options.js';

/** A silence of the present set that is not over. */
export class SilenceEntry<S extends Silence> {
  silence: S;
  readonly matchers: CompiledMatchers;
  /** The answer for what only this one mutes. */
  readonly ids: readonly string[];
  /** Place in the set. */
  order = 0;
  /** Its timer, and its number as a cause; 0 while it is not in use. */
  id = 0;
  hasStarted = false;
  posting: Posting<SilenceEntry<S>> | undefined;

  constructor(silence: S, matchers: CompiledMatchers) {
    this.silence = silence;
    this.matchers = matchers;
    this.ids = [silence.id];
  }
}

/** Whether both mute the same at the same times, whatever they carry. */
export function isSame(one: Silence, other: Silence): boolean {
  return (
    one.startsAt === other.startsAt &&
    one.endsAt === other.endsAt &&
    (one.matchers === other.matchers ||
      (one.matchers.length === other.matchers?.length &&
        one.matchers.every((matcher, position) => isSameMatcher(matcher, other.matchers[position]))))
  );
}

/** The other one has not been checked yet. */
function isSameMatcher(one: LabelMatcher, other: LabelMatcher | undefined): boolean {
  return one.label === other?.label && one.op === other.op && one.value === other.value;
}
