import { checkSchedule, type GroupSchedule } from './group-options.js';

const units = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['min', 60_000],
  ['s', 1_000],
  ['ms', 1],
] as const;

/**
 * The timeline of one group under these options, a line an event.
 *
 * @throws RangeError, TypeError for bad options; they name the option.
 *
 * @example
 * console.log(explainSchedule({ waitMs: 30_000, intervalMs: 300_000, repeatMs: 14_400_000 }).join('\n'));
 * // at 0 ms: the first member opens the group
 * // at 30 s: batch 1 (wait) tells all that came by then
 * // at 5 min 30 s: batch 2 (interval), if a member came or changed since batch 1; if one does later, at once
 * // at 4 h 5 min 30 s: batch 3 (repeat), if a member is still open and nothing changed since batch 2
 */
export function explainSchedule(schedule: GroupSchedule): readonly string[] {
  checkSchedule('explainSchedule', schedule);
  const { waitMs, intervalMs, repeatMs } = schedule;
  const second = waitMs + intervalMs;
  const lines = [
    'at 0 ms: the first member opens the group',
    `at ${shown(waitMs)}: batch 1 (wait) tells all that came by then`,
    `at ${shown(second)}: batch 2 (interval), if a member came or changed since batch 1; if one does later, at once`,
  ];
  if (repeatMs === undefined) return lines;
  const third = shown(second + repeatMs);
  return [...lines, `at ${third}: batch 3 (repeat), if a member is still open and nothing changed since batch 2`];
}

function shown(ms: number): string {
  let left = ms;
  const parts: string[] = [];
  for (const [unit, length] of units) {
    const whole = Math.floor(left / length);
    if (whole > 0) parts.push(`${whole} ${unit}`);
    left -= whole * length;
  }
  return parts.length > 0 ? parts.join(' ') : '0 ms';
}
