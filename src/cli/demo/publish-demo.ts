import { merge, type Subscription } from 'rxjs';
import type { Bus } from '../../streams/ports.js';
import { hostMessages, publishTo, storyMessages } from './publisher.js';

/** Publishes measurements of this machine under `source`, and the story of the made-up shop, until unsubscribed. */
export function publishDemo(bus: Pick<Bus, 'publish'>, source: string): Subscription {
  return merge(hostMessages(source), storyMessages()).pipe(publishTo(bus)).subscribe();
}
