/** Calls `action` at once after a pause, and then at most every `everyMs`, the last call included. */
export function throttle(action: () => void, everyMs: number): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let again = false;
  const run = (): void => {
    again = false;
    action();
    timer = setTimeout(() => {
      timer = undefined;
      if (again) run();
    }, everyMs);
  };
  return () => {
    if (timer === undefined) run();
    else again = true;
  };
}
