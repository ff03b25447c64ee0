import { type DeliveryRecord, type OutboxMessage, wayId } from '../model/delivery.js';
import type { Entry } from './delivery-book.js';
import { deliverySubject } from './delivery-record.js';
import type { EventLog } from './ports.js';

/** Writes into the event log how far each message is. */
export class DeliveryJournal {
  readonly #log: EventLog;
  readonly #nonce: string;
  #writes = 0;

  /** `nonce` tells the writes of this process from those of others. */
  constructor(log: EventLog, nonce: string) {
    this.#log = log;
    this.#nonce = nonce;
  }

  /** In order per message: the last record of a subject is the one that counts. Rejects with `log_unavailable`. */
  write(message: OutboxMessage, entry: Entry, record: DeliveryRecord): Promise<void> {
    const messageId = `${wayId(message)}.${this.#nonce}.${this.#writes++}`;
    const append = async () => {
      await this.#log.append({ subject: deliverySubject(message), body: record, messageId });
    };
    entry.lastWrite = entry.lastWrite.then(append, append);
    return entry.lastWrite;
  }
}
