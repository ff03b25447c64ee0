import { type DeliveryRecord, type OutboxMessage, wayId } from '../model/delivery.js';
import type { Entry } from './delivery-book.js';
import { type DeliveryWrite, deliveryWrites } from './delivery-record.js';
import type { EventLog } from './ports.js';

/** Records of one batch that are on their way to the log together. */
const atATime = 50;

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
    const append = () => this.#append(message, record);
    entry.lastWrite = entry.lastWrite.then(append, append);
    return entry.lastWrite;
  }

  /** The first alert's record is written when all others are: a restart looks at that one. */
  async #append(message: OutboxMessage, record: DeliveryRecord): Promise<void> {
    const writes = deliveryWrites(message, record);
    for (let i = 0; i < writes.length - 1; i += atATime) {
      const some = writes.slice(i, Math.min(i + atATime, writes.length - 1));
      await Promise.all(some.map((write) => this.#appendOne(message, write)));
    }
    await this.#appendOne(message, writes.at(-1)!);
  }

  async #appendOne(message: OutboxMessage, { subject, body }: DeliveryWrite): Promise<void> {
    const messageId = `${wayId(message)}.${this.#nonce}.${this.#writes++}`;
    await this.#log.append({ subject, body, messageId });
  }
}
