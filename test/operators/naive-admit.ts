import { NaiveDedupe } from './naive-dedupe.js';
import { NaiveRateLimit } from './naive-rate-limit.js';

interface NaiveOptions {
  readonly rateLimit: ConstructorParameters<typeof NaiveRateLimit>;
  readonly dedupe: ConstructorParameters<typeof NaiveDedupe>[0];
}

/** What it means to ask both together, the rate limit first, and to commit to both or none. */
export class NaiveAdmit {
  readonly rateLimit: NaiveRateLimit;
  readonly dedupe: NaiveDedupe;

  constructor({ rateLimit, dedupe }: NaiveOptions) {
    this.rateLimit = new NaiveRateLimit(...rateLimit);
    this.dedupe = new NaiveDedupe(dedupe);
  }

  process(rateKey: string, dedupeKey: string | undefined, now: number): 'admitted' | 'limited' | 'duplicate' {
    const isCopy = dedupeKey !== undefined && this.dedupe.isCopy(dedupeKey, now);
    const isLimited = !this.rateLimit.hasRoom(rateKey, now);
    if (isLimited && isCopy) return 'limited';
    if (isCopy) {
      this.dedupe.process(dedupeKey, now);
      return 'duplicate';
    }
    this.rateLimit.process(rateKey, now);
    if (isLimited) return 'limited';
    if (dedupeKey !== undefined) this.dedupe.process(dedupeKey, now);
    return 'admitted';
  }
}
