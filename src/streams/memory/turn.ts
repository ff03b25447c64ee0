/**
 * Runs `work` once in a turn of its own, however often it was asked for meanwhile: what is published reaches its
 * receivers after the publisher's own code has ended, as over a network.
 */
export function createTurn(work: () => void): () => void {
  let asked = false;
  return () => {
    if (asked) return;
    asked = true;
    queueMicrotask(() => {
      asked = false;
      work();
    });
  };
}
