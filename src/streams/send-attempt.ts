import type { SchedulerLike } from 'rxjs';
import type { Channel, GroupNotification, Notification, SendContext, SendResult } from '../model/channel.js';
import { groupAsOne } from '../model/notification.js';

export interface AttemptOptions {
  readonly timeoutMs: number;
  readonly scheduler: SchedulerLike;
  /** Ends the attempt when nobody can wait for it any more. */
  readonly stop: AbortSignal;
}

/**
 * One attempt, which ends whatever the channel does: an exception is a refusal, and one that is silent for too long is
 * left alone.
 */
export function sendOnce(
  channel: Channel,
  notification: Notification | GroupNotification,
  context: Omit<SendContext, 'signal'>,
  { timeoutMs, scheduler, stop }: AttemptOptions,
): Promise<SendResult> {
  return new Promise((resolve) => {
    const controller = new AbortController();
    const end = (result: SendResult) => {
      timer.unsubscribe();
      stop.removeEventListener('abort', onStop);
      resolve(result);
    };
    const giveUp = (reason: Error, countable: boolean) => {
      controller.abort(reason);
      end({ outcome: 'retry', error: reason.message, countable });
    };
    const onStop = () => giveUp(new Error('the engine stopped'), false);
    const timer = scheduler.schedule(
      () => giveUp(new DOMException(`no answer within ${timeoutMs} ms`, 'TimeoutError'), true),
      timeoutMs,
    );
    stop.addEventListener('abort', onStop);
    send(channel, notification, { ...context, signal: controller.signal }).then(end, (error: unknown) => {
      end({ outcome: 'retry', error: `the channel failed: ${String(error).slice(0, 200)}`, countable: true });
    });
  });
}

async function send(
  channel: Channel,
  notification: Notification | GroupNotification,
  context: SendContext,
): Promise<SendResult> {
  if (notification.type !== 'group') return channel.send(notification, context);
  if (channel.sendGroup !== undefined) return channel.sendGroup(notification, context);
  return channel.send(groupAsOne(notification), context);
}
