import { hostname } from 'node:os';
import type { Observable } from 'rxjs';
import type { Logger } from '../../model/logger.js';
import type { AlertEvent } from '../../model/view.js';
import type { Bus } from '../../streams/ports.js';
import type { Closers } from '../closers.js';
import { openBus } from '../open-bus.js';
import { narrate } from './narrator.js';
import { publishDemo } from './publish-demo.js';

export interface DemoOptions {
  /** Where the samples go: through a NATS client of our own, like anybody's, or else straight into the engine. */
  readonly input: { readonly natsUrl: string } | { readonly bus: Bus };
  readonly events$: Observable<AlertEvent>;
  /** Takes the lines of the story. */
  readonly tell: (line: string) => void;
  readonly log: Logger;
  readonly closers: Closers;
}

/** Publishes this machine and the made-up shop, and comments on what becomes of it. */
export async function startDemo({ input, events$, tell, log, closers }: DemoOptions): Promise<void> {
  const story = events$.pipe(narrate(next)).subscribe(tell);
  closers.add(() => story.unsubscribe());
  const bus = 'bus' in input ? input.bus : await openOwn(input.natsUrl, log, closers);
  const publishing = publishDemo(bus, hostname());
  closers.add(() => publishing.unsubscribe());
}

async function openOwn(natsUrl: string, log: Logger, closers: Closers): Promise<Bus> {
  const { bus, close } = await openBus({ urls: [natsUrl] }, log);
  closers.add(close);
  return bus;
}

const next = [
  '',
  'That was the whole life of an alert. It comes again every 2 minutes: acknowledge it on the page and it does not escalate.',
  'Next: cp examples/tocsin.yaml . and make it yours, then npx tocsin check and npx tocsin run.',
];
