import type { ErrorCode } from '../model/errors.js';
import { CliError } from './cli-error.js';
import { engineAddress } from './engine-address.js';
import { exitStatus } from './exit-status.js';
import type { Io } from './io.js';

export interface EngineRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** With its query: `/v1/alerts?state=active`. */
  readonly path: string;
  readonly body?: unknown;
}

/** Asks a running engine over HTTP. Throws `engine_unreachable`, or the code with which the engine refuses. */
export async function askEngine<T>(request: EngineRequest, url: string | undefined, io: Io): Promise<T> {
  const base = httpBase(url ?? engineAddress(io.env));
  const response = await send(base, request);
  const body = (await response.json().catch(() => undefined)) as T;
  if (response.ok && body !== undefined) return body;
  const { code = 'engine_unreachable', detail = `unexpected answer ${response.status}` } = (body ?? {}) as Problem;
  throw new CliError(code, code === 'engine_unreachable' ? exitStatus.unavailable : exitStatus.failed, detail);
}

interface Problem {
  readonly code?: ErrorCode;
  readonly detail?: string;
}

/** The stream's address, or that of the page: both name the engine. */
function httpBase(url: string): string {
  const { protocol, host } = new URL(url);
  return `${protocol === 'wss:' || protocol === 'https:' ? 'https' : 'http'}://${host}`;
}

async function send(base: string, { method, path, body }: EngineRequest): Promise<Response> {
  const json =
    body === undefined ? {} : { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };
  try {
    return await fetch(`${base}${path}`, { method, ...json });
  } catch (error) {
    const reason = error instanceof Error ? String(error.cause ?? error.message) : String(error);
    throw new CliError('engine_unreachable', exitStatus.unavailable, `no engine answers at ${base}: ${reason}`, [
      'start one (tocsin run), or give its address with --url',
    ]);
  }
}
