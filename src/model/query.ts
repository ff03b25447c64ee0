import type { AlertRecord } from './alert.js';
import { TocsinError } from './errors.js';
import { isSeverity, severityRank } from './severity.js';
import type { AlertView } from './view.js';
import { matchesWildcard } from './wildcard.js';

/** What a list of alerts may be narrowed to. All given conditions must hold. */
export interface AlertQuery {
  readonly state?: readonly string[];
  readonly severity?: readonly string[];
  readonly minSeverity?: string;
  readonly category?: readonly string[];
  /** Exact, or with `*` wildcards. */
  readonly source?: string;
  readonly rule?: readonly string[];
  /** Epoch milliseconds: started at or after. */
  readonly since?: number;
  /** `time`: newest first (default). `severity`: gravest first, then the oldest. */
  readonly sort?: 'time' | 'severity';
  /** Default 100, at most 1,000. */
  readonly limit?: number;
  /** From the page before. */
  readonly cursor?: string;
}

export interface AlertPage {
  readonly alerts: readonly AlertView[];
  readonly cursor?: string;
}

/** The fields that a query looks at. */
export type Queryable = Pick<AlertRecord, 'id' | 'state' | 'severity' | 'category' | 'source' | 'startedAt'> & {
  readonly rule?: string;
};

const defaultLimit = 100;
const maxLimit = 1_000;

/** One page of what matches. The cursor is the id of its last item; throws `query_invalid` when that is gone. */
export function queryPage<T extends Queryable>(items: Iterable<T>, query: AlertQuery): { items: T[]; cursor?: string } {
  const limit = Math.min(query.limit ?? defaultLimit, maxLimit);
  const matching: T[] = [];
  for (const item of items) if (matchesQuery(item, query)) matching.push(item);
  matching.sort(query.sort === 'severity' ? gravestFirst : newestFirst);
  const from = query.cursor === undefined ? 0 : positionAfter(matching, query.cursor);
  const page = matching.slice(from, from + limit);
  const last = page.at(-1);
  return from + limit < matching.length && last !== undefined ? { items: page, cursor: last.id } : { items: page };
}

export function matchesQuery(item: Queryable, query: AlertQuery): boolean {
  if (query.state !== undefined && !query.state.includes(item.state)) return false;
  if (query.severity !== undefined && !query.severity.includes(item.severity)) return false;
  if (isSeverity(query.minSeverity) && severityRank(item.severity) < severityRank(query.minSeverity)) return false;
  if (query.category !== undefined && !query.category.includes(item.category)) return false;
  if (query.source !== undefined && !matchesWildcard(query.source, item.source)) return false;
  if (query.rule !== undefined && (item.rule === undefined || !query.rule.includes(item.rule))) return false;
  return query.since === undefined || item.startedAt >= query.since;
}

/** Ids begin with the opening time, so they sort by it. */
function newestFirst(a: Queryable, b: Queryable): number {
  if (a.id === b.id) return 0;
  return a.id < b.id ? 1 : -1;
}

function gravestFirst(a: Queryable, b: Queryable): number {
  return severityRank(b.severity) - severityRank(a.severity) || -newestFirst(a, b);
}

function positionAfter(sorted: readonly Queryable[], cursor: string): number {
  const at = sorted.findIndex((item) => item.id === cursor);
  if (at >= 0) return at + 1;
  throw new TocsinError('query_invalid', 'the cursor names an alert that is no longer listed', {
    field: 'cursor',
    value: cursor,
  });
}
