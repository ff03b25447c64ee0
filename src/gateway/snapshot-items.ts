import type { AlertView } from '../model/view.js';
import type { Encoding } from './encoding.js';

const maxItems = 200;
/** A page ends with the item that reaches this: a client may take a long snapshot as slowly as it must. */
const pageBytes = 256 * 1024;

/** As many of the first `views` as one `snapshot` message takes, at least one; each encoded as an array of its own. */
export function snapshotItems(views: readonly AlertView[], encoding: Encoding): Uint8Array[] {
  const items: Uint8Array[] = [];
  let bytes = 0;
  for (const view of views) {
    if (items.length === maxItems || bytes >= pageBytes) break;
    const item = encoding.value([view]);
    items.push(item);
    bytes += item.length;
  }
  return items;
}
