import { readFileSync } from 'node:fs';

/** A process, told apart from a later one that got the same number. */
export interface ProcessId {
  readonly pid: number;
  /** Boot and start time; empty where the system does not tell. */
  readonly mark: string;
}

export function processId(pid: number): ProcessId {
  return { pid, mark: readMark(pid) };
}

export function isAlive({ pid, mark }: ProcessId): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return false;
  }
  return readMark(pid) === mark;
}

function readMark(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The second field is the name in brackets and may hold blanks; the start time is the 20th after it.
    const started = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
    return `${readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()}:${started}`;
  } catch {
    return '';
  }
}
