import type { SendResult } from '../model/channel.js';
import { plainText } from './plain-text.js';
import { parseRetryAfter } from './retry-after.js';

export interface HttpPost {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** Aborts with a `TimeoutError` when the time is over, with anything else when nobody wants the answer any more. */
  readonly signal: AbortSignal;
}

const maxAnswerBytes = 64 * 1024;
const maxExcerptChars = 120;
/** The receiver was not ready for anything: this says nothing about the message. */
const notAboutTheMessage = new Set([408, 425, 429]);

/** Sends one POST and says how that went. Never rejects; no error text holds more of the URL than its host. */
export async function postJson({ url, ...post }: HttpPost, fetcher: typeof fetch): Promise<SendResult> {
  const { host } = new URL(url);
  try {
    // A redirect could lead anywhere, with our body and headers.
    return await judge(await fetcher(url, { ...post, method: 'POST', redirect: 'manual' }), host);
  } catch (error) {
    return notConnected(error, host, post.signal);
  }
}

async function judge(response: Response, host: string): Promise<SendResult> {
  // Read even when not used: an unread body holds its connection.
  const answer = await readText(response);
  const { status } = response;
  if (status >= 200 && status < 300) return { outcome: 'delivered' };
  const error = `HTTP ${status} from ${host}${answer === '' ? '' : `: ${answer}`}`;
  if (status < 500 && !notAboutTheMessage.has(status)) return { outcome: 'permanent', error };
  const retryAfterMs = parseRetryAfter(response.headers.get('retry-after'), Date.now());
  return {
    outcome: 'retry',
    error,
    countable: !notAboutTheMessage.has(status),
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  };
}

function notConnected(error: unknown, host: string, signal: AbortSignal): SendResult {
  const timedOut = signal.aborted && signal.reason instanceof Error && signal.reason.name === 'TimeoutError';
  if (timedOut) return { outcome: 'retry', error: `no answer in time from ${host}`, countable: true };
  return { outcome: 'retry', error: `${failureCode(error)} at ${host}`, countable: false };
}

/** `ECONNREFUSED` and the like. Messages are not shown: they may hold the URL. */
function failureCode(error: unknown): string {
  const cause: unknown = error instanceof Error ? error.cause : undefined;
  for (const candidate of [cause, error]) {
    if (candidate instanceof Error && 'code' in candidate && typeof candidate.code === 'string') return candidate.code;
  }
  return 'connection failed';
}

/** The beginning of an answer; what is beyond the cap is not read. The status has said all that counts: no failure matters. */
async function readText(response: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  try {
    for await (const chunk of (response.body ?? []) as AsyncIterable<Uint8Array>) {
      chunks.push(chunk);
      bytes += chunk.byteLength;
      if (bytes > maxAnswerBytes) break;
    }
  } catch {
    // Cut off: what came until then is shown.
  }
  return plainText(Buffer.concat(chunks).toString('utf8')).slice(0, maxExcerptChars);
}
