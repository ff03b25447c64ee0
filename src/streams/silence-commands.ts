import { only, text, who } from './command-args.js';
import type { CommandHandlers } from './commands.js';
import type { Mutes } from './mutes.js';
import type { Clock } from './ports.js';
import { compiled, isDryRun, readMatchers, readTimes } from './silence-input.js';
import type { Silences } from './silences.js';

export interface SilenceCommandDeps {
  readonly silences: Silences;
  readonly mutes: Pick<Mutes, 'matching'>;
  readonly clock: Clock;
}

/** Ids that an answer names; its `count` tells them all. */
const maxMatches = 1_000;

/** `silence {matchers, startsAt?, endsAt, by, comment, dryRun?}`, `unsilence {id, by}`. */
export function silenceCommands({ silences, mutes, clock }: SilenceCommandDeps): CommandHandlers {
  const preview = async (matchers: ReturnType<typeof readMatchers>) => {
    const ids = await mutes.matching(compiled(matchers));
    return { matches: ids.slice(0, maxMatches), count: ids.length };
  };
  return {
    async silence(args, actor) {
      only(args, ['matchers', 'startsAt', 'endsAt', 'by', 'comment', 'dryRun']);
      const matchers = readMatchers(args);
      if (isDryRun(args)) {
        if (args['endsAt'] !== undefined) readTimes(args, clock.wall());
        return { ok: true, ...(await preview(matchers)) };
      }
      const times = readTimes(args, clock.wall());
      const { id, state } = await silences.add({
        matchers,
        ...times,
        ...who(args, actor),
        via: actor.via,
        comment: text(args, 'comment'),
      });
      return { ok: true, id, state, ...(await preview(matchers)) };
    },
    async unsilence(args, actor) {
      only(args, ['id', 'by']);
      const id = text(args, 'id');
      const { state } = await silences.end(id, who(args, actor).by, actor.via);
      return { ok: true, id, state };
    },
  };
}
