// Finds what a test run left behind: every process inherits TOCSIN_TEST_RUN, whoever its parent is by now.
import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

const graceMs = 3_000;

/** Kills the processes of that run that still live after a moment of grace, and returns a line for each. Needs /proc. */
export async function endLeftovers(run) {
  const deadline = performance.now() + graceMs;
  while (processesOf(run).length > 0 && performance.now() < deadline) await sleep(50);
  return processesOf(run).map((pid) => {
    const commandLine = read(pid, 'cmdline').replaceAll('\0', ' ').trim();
    end(pid);
    return `${pid} ${commandLine}`;
  });
}

function processesOf(run) {
  const mark = `TOCSIN_TEST_RUN=${run}`;
  return processIds().filter((pid) => pid !== process.pid && read(pid, 'environ').split('\0').includes(mark));
}

function processIds() {
  try {
    return readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .map(Number);
  } catch {
    return [];
  }
}

/** Empty for a process that has ended meanwhile or is not ours to read. */
function read(pid, file) {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8');
  } catch {
    return '';
  }
}

function end(pid) {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if (error.code !== 'ESRCH') throw error;
  }
}
