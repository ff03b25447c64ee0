import type { DeliveryRecord } from '../model/delivery.js';

/** What became of the notifications of one channel since the engine started. */
export class ChannelTally {
  sent = 0;
  /** Could not even be tried. */
  failed = 0;
  /** Given up. */
  dead = 0;
  lastError: string | undefined = undefined;
  /** Wall time. */
  lastDeliveredAt: number | undefined = undefined;

  ended({ status, at, error }: DeliveryRecord): void {
    if (error !== undefined) this.lastError = error;
    if (status === 'failed') this.failed++;
    if (status === 'dead') this.dead++;
    if (status !== 'delivered') return;
    this.sent++;
    this.lastDeliveredAt = at;
  }

  refused(error: string): void {
    this.lastError = error;
  }
}
