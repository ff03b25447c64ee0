import type { RateWindow } from '../../src/operators/parts/rate-windows.js';

interface NaiveKey {
  accepted: number[];
  trip?: { at: number; heldBack: number };
}

/** What a rate limit means, with no thought for cost: every accepted time is kept for ever. */
export class NaiveRateLimit {
  private readonly keys = new Map<string, NaiveKey>();
  private readonly windows: readonly RateWindow[];
  private readonly cooldownMs: number;

  constructor(windows: readonly RateWindow[], cooldownMs: number) {
    this.windows = windows;
    this.cooldownMs = cooldownMs;
  }

  process(name: string, now: number): { admitted: boolean; retryAt: number } {
    const key = this.key(name);
    const retryAt = this.roomAt(key, now);
    if (key.trip !== undefined && retryAt > now) {
      key.trip.heldBack += 1;
      return { admitted: false, retryAt };
    }
    if (retryAt <= now) {
      key.accepted.push(now);
      return { admitted: true, retryAt: now };
    }
    if (this.cooldownMs > 0) key.trip = { at: now, heldBack: 1 };
    return { admitted: false, retryAt: this.roomAt(key, now) };
  }

  hasRoom(name: string, now: number): boolean {
    return this.roomAt(this.key(name), now) <= now;
  }

  forget(name: string): void {
    this.keys.delete(name);
  }

  release(name: string, at: number): void {
    const { accepted } = this.key(name);
    accepted.splice(accepted.lastIndexOf(at), 1);
  }

  /** `key heldBack trippedAt` of each key that has room again. */
  reopened(now: number): string[] {
    const reopened: string[] = [];
    for (const [name, key] of this.keys) {
      if (key.trip === undefined || this.roomAt(key, now) > now) continue;
      reopened.push(`${name} ${key.trip.heldBack} ${key.trip.at}`);
      delete key.trip;
    }
    return reopened.sort();
  }

  private key(name: string): NaiveKey {
    const key = this.keys.get(name) ?? { accepted: [] };
    this.keys.set(name, key);
    return key;
  }

  private roomAt({ accepted, trip }: NaiveKey, now: number): number {
    const opens = this.windows.map(({ max, perMs }) => {
      const inside = accepted.filter((at) => now - at < perMs);
      return inside.length < max ? now : inside.at(-max)! + perMs;
    });
    return Math.max(now, (trip?.at ?? -Infinity) + this.cooldownMs, ...opens);
  }
}
