/** Says yes at most once every `everyMs`: for log lines that an error could repeat without end. */
export function createGate(everyMs: number): () => boolean {
  let openAt = Number.NEGATIVE_INFINITY;
  return () => {
    const now = performance.now();
    if (now < openAt) return false;
    openAt = now + everyMs;
    return true;
  };
}
