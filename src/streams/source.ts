import { merge, Observable } from 'rxjs';
import type { Bus, BusMessage } from './ports.js';

/** Every message of the subjects, as it comes. Nothing is queued: a subscriber must be quick. */
export function source(bus: Bus, subjects: readonly string[], queue?: string): Observable<BusMessage> {
  return merge(...subjects.map((subject) => messagesOf(bus, subject, queue)));
}

function messagesOf(bus: Bus, subject: string, queue: string | undefined): Observable<BusMessage> {
  return new Observable((subscriber) => {
    const options = queue === undefined ? {} : { queue };
    const subscription = bus.subscribe(subject, (message) => subscriber.next(message), options);
    return () => subscription.unsubscribe();
  });
}
