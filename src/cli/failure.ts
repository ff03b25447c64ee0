import { ConfigError, type ConfigProblem } from '../config/index.js';
import { type ErrorCode, TocsinError } from '../model/errors.js';
import { unreachableAdvice } from '../streams/nats/advice.js';
import { CliError } from './cli-error.js';
import { type ExitStatus, exitStatus } from './exit-status.js';

/** An error as the command line tells it. */
export interface Failure {
  readonly code: string;
  readonly message: string;
  readonly status: ExitStatus;
  readonly field?: string;
  readonly allowed?: string;
  /** What to do about it, line by line. */
  readonly advice: readonly string[];
  /** All that is wrong in a configuration. */
  readonly problems?: readonly ConfigProblem[];
}

interface Known {
  readonly status: ExitStatus;
  readonly advice: readonly string[];
}

const { failed, unavailable, config } = exitStatus;

const known: Partial<Record<ErrorCode, Known>> = {
  config_invalid: { status: config, advice: [] },
  nats_missing: {
    status: unavailable,
    advice: [
      'install it (apt-get install nats-server), or name the binary in TOCSIN_NATS_SERVER,',
      'or use a server that runs already (nats.url), or none at all (nats.inProcess: true)',
    ],
  },
  nats_unreachable: {
    status: unavailable,
    advice: [unreachableAdvice],
  },
  bus_unavailable: { status: unavailable, advice: ['check that an engine runs on that NATS server: tocsin run'] },
  alerts_captured: {
    status: unavailable,
    advice: ['remove that subject from the stream: its acknowledgement would answer in our place'],
  },
  port_taken: {
    status: unavailable,
    advice: ['stop what listens there, or choose another port: --listen 127.0.0.1:8421, or gateway.listen'],
  },
  data_in_use: {
    status: unavailable,
    advice: ['stop that engine, or give this one a folder of its own: --data other-data'],
  },
};

export function describeFailure(error: unknown): Failure {
  if (error instanceof CliError) {
    const { code, message, status, advice } = error;
    return { code, message, status, advice };
  }
  if (error instanceof TocsinError) return describeKnown(error);
  const message = error instanceof Error ? error.message : String(error);
  return { code: 'internal', message, status: failed, advice: [] };
}

function describeKnown(error: TocsinError): Failure {
  const { code, message, field, allowed } = error;
  return {
    code,
    message,
    ...(known[code] ?? { status: failed, advice: [] }),
    ...(field === undefined ? {} : { field }),
    ...(allowed === undefined ? {} : { allowed }),
    ...(error instanceof ConfigError ? { problems: error.problems } : {}),
  };
}
