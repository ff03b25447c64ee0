/** Where things break is drawn by chance; `TOCSIN_FAULTS_SEED` repeats a run. */
export const seed = Number(process.env['TOCSIN_FAULTS_SEED'] ?? Math.floor(Math.random() * 2 ** 31));

/**
 * Mulberry32 (Tommy Ettinger): numbers from 0 (inclusive) to 1 (exclusive), the same for the same seed and name. Prints the
 * seed, which is not known otherwise when a test fails.
 */
export function chance(name: string): () => number {
  console.log(`${name} breaks things at random: TOCSIN_FAULTS_SEED=${seed} draws the same again`);
  let state = [...name].reduce((hash, letter) => Math.imul(hash ^ letter.charCodeAt(0), 0x01000193), seed);
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
