import { toWireError } from '../model/errors.js';
import type { BusMessage } from './ports.js';

/** Answers, where an answer is waited for, with what `work` comes to, or with the error that it ends in. Never rejects. */
export async function answerWith(message: BusMessage, work: () => Promise<unknown>): Promise<void> {
  const answer = await attempt(work);
  message.respond?.(new TextEncoder().encode(JSON.stringify(answer)));
}

async function attempt(work: () => Promise<unknown>): Promise<unknown> {
  try {
    return await work();
  } catch (error) {
    return { ok: false, error: toWireError(error) };
  }
}
