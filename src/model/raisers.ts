import type { Severity } from './severity.js';

/** What can be raised, as any publisher writes it: see "Alerts from outside" in PROTOCOL.md. */
export interface RaiseFields {
  readonly title?: string;
  readonly message?: string;
  readonly severity?: Severity;
  readonly category?: string;
  readonly source?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly tags?: readonly string[];
  readonly data?: Readonly<Record<string, unknown>>;
  readonly key?: string;
  readonly status?: 'firing' | 'resolved' | 'event';
  /** A duration such as `30m`, or milliseconds. */
  readonly resolveAfter?: string | number;
  /** Epoch milliseconds or ISO 8601. */
  readonly time?: number | string;
  readonly template?: string;
  readonly context?: Readonly<Record<string, unknown>>;
}

interface Common {
  readonly severity?: Severity;
  readonly tags?: readonly string[];
}

export interface TradeSignal extends Common {
  readonly symbol: string;
  /** `BUY` or `SELL`, usually. */
  readonly action: string;
  readonly price: number | string;
  readonly reason?: string;
}

export interface RiskBreach extends Common {
  readonly riskType: string;
  readonly currentValue: number | string;
  readonly limitValue: number | string;
}

export interface OrderExecution extends Common {
  readonly orderId: string;
  readonly symbol: string;
  readonly status: string;
  readonly quantity: number | string;
  readonly price: number | string;
}

/**
 * A trade signal, severity medium unless said otherwise: an event, told once.
 *
 * @example
 * await engine.raise(tradeAlert({ symbol: 'ACME', action: 'BUY', price: 12.5, reason: 'breakout' }));
 */
export function tradeAlert({ symbol, action, price, reason = '', ...common }: TradeSignal): RaiseFields {
  const context = { symbol, action, price: String(price), reason };
  return { severity: 'medium', source: 'trade_alert', ...common, template: 'trade_signal', context };
}

/** A limit that is broken, severity high unless said otherwise: open until it is resolved. */
export function riskAlert({ riskType, currentValue, limitValue, ...common }: RiskBreach): RaiseFields {
  const context = { risk_type: riskType, current_value: String(currentValue), limit_value: String(limitValue) };
  return { severity: 'high', source: 'risk_alert', ...common, template: 'risk_breach', context };
}

/** What became of an order, severity medium unless said otherwise: an event, told once. */
export function executionAlert({ orderId, symbol, status, quantity, price, ...common }: OrderExecution): RaiseFields {
  const context = { order_id: orderId, symbol, status, quantity: String(quantity), price: String(price) };
  return { severity: 'medium', source: 'execution_alert', ...common, template: 'order_executed', context };
}
