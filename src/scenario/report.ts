import { clockTime } from './clock-time.js';
import type { ScenarioFailure, ScenarioResult } from './run.js';

const shownStory = 25;

/** A failure in plain text: where, when, what was expected, what really was, and what had happened until then. */
export function renderFailure({ title, file, failure }: ScenarioResult): string {
  if (failure === undefined) return title;
  const { mismatches, note } = failure;
  return [
    title,
    `  ${placeOf(failure, file)}`,
    ...(note === undefined ? [] : [`  ${note}`]),
    ...mismatches.flatMap(({ what, lines }) => [`  ${what}:`, ...lines.map((line) => `    ${line}`)]),
    ...storyOf(failure),
  ].join('\n');
}

function placeOf({ step, line, at }: ScenarioFailure, file = ''): string {
  const where = step === undefined ? 'the scenario' : `step ${step}, at ${clockTime(at)}`;
  return `${file === '' ? `line ${line}` : `${file}:${line}`}  ${where}`;
}

function storyOf({ story }: ScenarioFailure): string[] {
  if (story.length === 0) return ['  nothing had happened until then'];
  const left = story.length - shownStory;
  const head =
    left > 0 ? `  what happened until then (${left} earlier lines left out):` : '  what happened until then:';
  return [head, ...story.slice(-shownStory).map((line) => `    ${line}`)];
}
