import { readdirSync, readFileSync } from 'node:fs';

/** Processes that `pid` has started and that still run. Needs /proc. */
export function childrenOf(pid: number): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((id) => parentOf(id) === pid);
}

/** Whether the process runs; a dead one that nobody has asked about does not. */
export function isRunning(pid: number): boolean {
  return parentOf(pid) !== undefined;
}

/** In `pid (name) state parent …`, the name may hold anything. */
function parentOf(pid: number): number | undefined {
  try {
    const [state, parent] = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)!.split(' ');
    return state === 'Z' ? undefined : Number(parent);
  } catch {
    return undefined;
  }
}
