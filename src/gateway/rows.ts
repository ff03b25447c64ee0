import type { Series } from '../model/series.js';
import type { SeriesInfo } from '../model/wire.js';
import { type Conflation, noMore } from '../operators/parts/conflation.js';
import type { RowWriter } from './encoding.js';
import type { Group, Member } from './selection.js';
import { SharedFrames } from './shared-frames.js';

/** Items of a `snapshot`, and series of a `series` message, at most. */
export const pageSize = 500;

/** What is pending in a group, as `metrics` messages. */
export function rowFrames({ window, selection }: Group): SharedFrames {
  return new SharedFrames((encoding, id) => {
    const rows = encoding.rows({ op: 'metrics', id }, 'rows', window.size);
    writeRows(window, selection.sids, rows);
    return rows.finish();
  });
}

/** In the order of first change. */
function writeRows(window: Conflation, sids: readonly number[], out: RowWriter): void {
  for (let at = window.first(); at !== noMore; at = window.after(at)) {
    out.row(sids[at]!, window.time(at), window.value(at), window.count(at), window.min(at), window.max(at));
  }
}

/** `series` messages for the series that `member` has not been told yet. */
export function* seriesFrames(
  { id, encoding, group, announced }: Member,
  lookUp: (sid: number) => Series,
): Generator<Uint8Array> {
  const { sids } = group.selection;
  for (let at = announced; at < sids.length; at += pageSize) {
    const series = sids.slice(at, at + pageSize).map((sid) => [sid, seriesInfo(lookUp(sid))] as const);
    yield encoding.message({ op: 'series', id, series });
  }
}

function seriesInfo({ name, source, labels, unit }: Series): SeriesInfo {
  return unit === undefined ? { name, source, labels } : { name, source, labels, unit };
}
