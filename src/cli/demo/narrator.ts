import {
  delay,
  distinct,
  filter,
  map,
  merge,
  mergeMap,
  type Observable,
  type SchedulerLike,
  share,
  skipUntil,
  take,
} from 'rxjs';
import { plainText } from '../../channels/plain-text.js';
import type { AlertEvent } from '../../model/view.js';
import { story } from './story.js';

const foldedEnough = 4;
const settleMs = 1_500;

/**
 * What the console channel does not say: that repeats were folded, and, when the story has ended for the first time,
 * the lines of `next`.
 */
export function narrate(next: readonly string[], scheduler?: SchedulerLike) {
  return (events: Observable<AlertEvent>): Observable<string> => {
    const demo = events.pipe(
      filter(({ alert }) => alert.category === story.category),
      share(),
    );
    return merge(folded(demo), ended(demo, next, scheduler));
  };
}

/** One line for each alert, at the repeat that makes the point. */
function folded(events: Observable<AlertEvent>): Observable<string> {
  return events.pipe(
    filter(({ alert }) => alert.count >= foldedEnough),
    distinct(({ alert }) => alert.id),
    map(foldedLine),
  );
}

/** In the columns of the console channel. */
function foldedLine({ time, alert }: AlertEvent): string {
  const at = new Date(time).toTimeString().slice(0, 8);
  const what = plainText(`${alert.title}  ${alert.source}`);
  return `${at}  ≡ FOLDED    ${what}  ${alert.count - 1} repeats: counted, not sent again`;
}

function ended(events: Observable<AlertEvent>, next: readonly string[], scheduler?: SchedulerLike): Observable<string> {
  const ofStory = (type: AlertEvent['type']) =>
    events.pipe(filter((event) => event.type === type && event.alert.metric === story.metric));
  return ofStory('resolved').pipe(
    // What an earlier run left open resolves too, and is not the end of this story.
    skipUntil(ofStory('opened')),
    take(1),
    // The console has its say first.
    delay(settleMs, scheduler),
    mergeMap(() => next),
  );
}
