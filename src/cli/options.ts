import type { Severity } from '../model/severity.js';
import type { LogLevel } from './logger.js';

/** What `tocsin run` was told. */
export interface RunOptions {
  readonly demo?: boolean;
  readonly data: string;
  readonly json?: boolean;
  readonly listen?: { readonly host: string; readonly port: number };
  readonly logLevel?: LogLevel;
  /** `false`: a change of the file is not noticed, only SIGHUP. */
  readonly watch?: boolean;
}

/** What `tocsin publish` was told. */
export interface PublishOptions {
  readonly demo?: boolean;
  readonly source: string;
  readonly label?: Readonly<Record<string, string>>;
  readonly unit?: string;
  readonly nats?: string;
  readonly data: string;
  readonly wait: boolean;
  readonly json?: boolean;
}

/** What `tocsin raise` was told. */
export interface RaiseOptions {
  readonly severity?: Severity;
  readonly category?: string;
  readonly source?: string;
  readonly label?: Readonly<Record<string, string>>;
  readonly tag?: readonly string[];
  readonly key?: string;
  readonly template?: string;
  readonly set?: Readonly<Record<string, string>>;
  readonly resolveAfter?: string;
  readonly event?: boolean;
  readonly resolve?: boolean;
  readonly nats?: string;
  readonly data: string;
  readonly json?: boolean;
}

/** What `tocsin tail` was told. */
export interface TailOptions {
  readonly url?: string;
  readonly subject?: readonly string[];
  readonly minSeverity?: Severity;
  readonly json?: boolean;
}

/** What every command that asks a running engine is told. */
export interface EngineOptions {
  readonly url?: string;
  readonly json?: boolean;
}

/** What `tocsin silences list` was told. */
export interface SilenceListOptions extends EngineOptions {
  readonly state: readonly string[];
}

/** What `tocsin silences add` was told. */
export interface SilenceAddOptions extends EngineOptions {
  readonly startsAt?: string;
  readonly endsAt: string;
  readonly by: string;
  readonly comment: string;
  readonly dryRun?: boolean;
}

/** What `tocsin alerts list` was told. */
export interface AlertListOptions extends EngineOptions {
  readonly state?: readonly string[];
  readonly minSeverity?: Severity;
  readonly category?: readonly string[];
  readonly source?: string;
  readonly rule?: readonly string[];
  readonly since?: string;
  readonly limit?: string;
  readonly cursor?: string;
}

/** What `tocsin alerts ack` and its like were told. */
export interface AlertActionOptions extends EngineOptions {
  readonly by: string;
  readonly note?: string;
  readonly until?: string;
}

/** What `tocsin deliveries list` was told. */
export interface DeliveryListOptions extends EngineOptions {
  readonly limit?: string;
}

/** What `tocsin deliveries resend` was told. */
export interface DeliveryResendOptions extends EngineOptions {
  readonly by: string;
}
