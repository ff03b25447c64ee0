import type { GatewayLimits } from '../model/limits.js';
import { RateLimitKernel } from '../operators/rate-limit-kernel.js';

/** What the kernel takes at most; nobody is that fast. */
const most = 1_000_000;

/** How fast each session may command: `commandsPerSecond` on the long run, and `commandBurst` at once. */
export function commandRate({ commandsPerSecond, commandBurst }: GatewayLimits): RateLimitKernel<string> {
  const max = Math.min(commandBurst, most);
  const perMs = Math.max(1, Math.round((1_000 * max) / commandsPerSecond));
  return new RateLimitKernel({ windows: [{ max, perMs }], algorithm: 'gcra' });
}
