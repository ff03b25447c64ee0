const shardCount = 128;

/**
 * A `Map` spread over several maps. One large `Map` is copied whenever it doubles or
 * halves: 15 to 30 ms in one go at a million keys. Here that happens a part at a time.
 *
 * Which shard a key lies in depends on a few of its characters, so the spread is as good as they are; keys that are
 * neither strings nor numbers share one shard.
 */
export class ShardedMap<K, V = number> {
  private readonly shards: (Map<K, V> | undefined)[] = Array.from({ length: shardCount }, () => undefined);
  private count = 0;

  get size(): number {
    return this.count;
  }

  get(key: K): V | undefined {
    return this.shards[shardOf(key)]?.get(key);
  }

  /** The key must be absent. */
  add(key: K, value: V): void {
    const index = shardOf(key);
    const shard = this.shards[index] ?? new Map<K, V>();
    this.shards[index] = shard;
    shard.set(key, value);
    this.count += 1;
  }

  /** The key must be present. */
  delete(key: K): void {
    this.shards[shardOf(key)]?.delete(key);
    this.count -= 1;
    if (this.count === 0) this.shards.fill(undefined);
  }
}

/**
 * The upper bits of a product with 2^32 / φ (Knuth, The Art of Computer Programming 3, 6.4). That spreads keys so evenly
 * that all 128 shards would double, or halve, at one moment: the square root makes shards of unequal size.
 */
function shardOf(key: unknown): number {
  const hash = typeof key === 'string' ? sampled(key) : typeof key === 'number' ? key : 0;
  return Math.sqrt(Math.imul(hash, 0x9e3779b1) >>> 18) | 0;
}

/** The end, where names differ most, three places from the first quarter to the middle, and the length. */
function sampled(text: string): number {
  const { length } = text;
  if (length < 4) return length === 0 ? 0 : text.charCodeAt(0) + (text.charCodeAt(length - 1) << 8);
  const end = text.charCodeAt(length - 1) + (text.charCodeAt(length - 2) << 7) + (text.charCodeAt(length - 3) << 14);
  const quarter = length >> 2;
  const before = text.charCodeAt(quarter) + (text.charCodeAt(quarter + (length >> 3)) << 6);
  return end ^ (before << 5) ^ Math.imul(text.charCodeAt(length >> 1), 0x01000193) ^ length;
}
