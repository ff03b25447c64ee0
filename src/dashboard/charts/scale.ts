import type { Extent } from './columns.js';

/** A threshold further away than this many times the data's own size would flatten the curve: it is named, not drawn. */
const reach = 5;

/** Lowest and highest value of the vertical axis: what is drawn, and the thresholds within reach. */
export function valueRange(extent: Extent | undefined, unit: string, thresholds: readonly number[]): Extent {
  const { low, high } = withThresholds(extent ?? { low: 0, high: unit === '%' ? 100 : 1 }, thresholds);
  if (unit === '%' && low >= 0 && high <= 100) return { low: 0, high: 100 };
  const size = Math.max(Math.abs(low), Math.abs(high));
  if (size === 0) return { low: 0, high: 1 };
  const room = Math.max((high - low) * 0.08, size * 0.02);
  // From zero, unless that would press a lively curve into a line at the top.
  const fromZero = low >= 0 && high - low > size * 0.2;
  return { low: fromZero ? 0 : low - room, high: high + room };
}

function withThresholds(extent: Extent, thresholds: readonly number[]): Extent {
  const size = Math.max(Math.abs(extent.low), Math.abs(extent.high)) || 1;
  let { low, high } = extent;
  for (const threshold of thresholds) {
    if (Math.abs(threshold) > size * reach) continue;
    low = Math.min(low, threshold);
    high = Math.max(high, threshold);
  }
  return { low, high };
}
