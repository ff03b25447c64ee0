import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

setFlagsFromString('--expose-gc');
const collectGarbage: () => void = runInNewContext('gc');

const mostRounds = 6;

/** Bytes in use, on the heap and in typed arrays, once collecting frees nothing more. */
export function bytesInUse(): number {
  let least = collected();
  for (let round = 1; round < mostRounds; round++) {
    const now = collected();
    if (now >= least) break;
    least = now;
  }
  return least;
}

function collected(): number {
  collectGarbage();
  collectGarbage();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}
