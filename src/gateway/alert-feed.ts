import type { Subscription as RxSubscription } from 'rxjs';
import type { AlertEvent } from '../model/view.js';
import type { AlertPort } from './ports.js';
import { encodedOnce, SharedFrames } from './shared-frames.js';

/** Somebody who hears every event, in order. */
export interface AlertListener {
  hear(event: AlertEvent, frames: SharedFrames): void;
}

/** Hands each alert event to all subscriptions, encoded once. */
export class AlertFeed {
  readonly #listeners = new Set<AlertListener>();
  readonly #port: AlertPort;
  #source: RxSubscription | undefined;

  constructor(port: AlertPort) {
    this.#port = port;
  }

  start(): void {
    this.#source ??= this.#port.events$.subscribe((event) => {
      const frames = alertFrames(event);
      for (const listener of this.#listeners) listener.hear(event, frames);
    });
  }

  stop(): void {
    this.#source?.unsubscribe();
    this.#source = undefined;
  }

  add(listener: AlertListener): void {
    this.#listeners.add(listener);
  }

  delete(listener: AlertListener): void {
    this.#listeners.delete(listener);
  }
}

/** The `alert` messages of one event. */
export function alertFrames(event: AlertEvent): SharedFrames {
  const encoded = encodedOnce(event);
  return new SharedFrames((encoding, id) =>
    encoding.around({ op: 'alert', id, seq: event.seq }, 'event', encoded(encoding)),
  );
}
