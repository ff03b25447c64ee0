import { signal } from '@preact/signals';
import { type Client, ClientError } from '../../client/index.js';
import type { Person } from '../shell/person.js';
import type { Toasts } from '../shell/toasts.js';
import type { AlertStore } from './store.js';

export interface AcknowledgeDetail {
  readonly note?: string;
  /** When the acknowledgement ends by itself, epoch milliseconds. */
  readonly until?: number;
}

/** What a person does to alerts: asks for the name when it is needed, says what came of it. */
export class AlertActions {
  /** Alerts whose command is under way. */
  readonly busy = signal<ReadonlySet<string>>(new Set());
  readonly #client: Client;
  readonly #person: Person;
  readonly #toasts: Toasts;
  readonly #alerts: Pick<AlertStore, 'get'>;

  constructor(client: Client, person: Person, toasts: Toasts, alerts: Pick<AlertStore, 'get'>) {
    this.#client = client;
    this.#person = person;
    this.#toasts = toasts;
    this.#alerts = alerts;
  }

  async acknowledge(id: string, detail: AcknowledgeDetail = {}): Promise<boolean> {
    const done = await this.#run('acknowledge', id, detail);
    if (!done) return false;
    this.#toasts.show('Acknowledged', {
      label: 'Undo',
      isPossible: () => this.#alerts.get(id)?.state === 'acknowledged',
      run: () => void this.unacknowledge(id),
    });
    return true;
  }

  unacknowledge(id: string): Promise<boolean> {
    return this.#run('unacknowledge', id);
  }

  async resolve(id: string): Promise<boolean> {
    const done = await this.#run('resolve', id);
    if (done) this.#toasts.show('Resolved');
    return done;
  }

  async #run(name: string, id: string, detail: AcknowledgeDetail = {}): Promise<boolean> {
    if (this.busy.value.has(id)) return false;
    const by = await this.#person.identify();
    if (by === undefined) return false;
    this.#mark(id, true);
    try {
      await this.#client.command(name, { id, by, ...detail });
      return true;
    } catch (error) {
      this.#toasts.show(explain(error), undefined, 'error');
      return false;
    } finally {
      this.#mark(id, false);
    }
  }

  #mark(id: string, busy: boolean): void {
    const ids = new Set(this.busy.value);
    if (busy) ids.add(id);
    else ids.delete(id);
    this.busy.value = ids;
  }
}

function explain(error: unknown): string {
  if (!(error instanceof ClientError)) return String(error);
  if (error.code === 'not_connected') return 'Not sent: there is no connection to the server.';
  return `Refused: ${error.message} (${error.code})`;
}
