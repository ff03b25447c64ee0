// npm passes a signal on to the shell between it and us, and no further: when that shell is gone, we were meant.

const lookEveryMs = 500;

/** Under npm, sends this process SIGTERM once the process that started it has ended. */
export function endWithNpm() {
  if (process.env.npm_lifecycle_event === undefined) return;
  const parent = process.ppid;
  const timer = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(timer);
    process.kill(process.pid, 'SIGTERM');
  }, lookEveryMs);
  timer.unref();
}
