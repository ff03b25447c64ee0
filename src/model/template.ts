import type { Severity } from './severity.js';

/** A text for alerts of one kind, with `{name}` placeholders. There is no code in it: names are looked up, nothing is run. */
export interface Template {
  readonly title: string;
  readonly body: string;
  /** Variables that must be given, whether they are shown or not. */
  readonly requires: readonly string[];
  readonly category?: string;
  /** Default: that of the alert, else `medium`. */
  readonly severity?: Severity;
  /** `event`: it happened once and is never open. Default `firing`. */
  readonly status?: 'firing' | 'event';
}

export interface Rendered {
  readonly title: string;
  readonly body: string;
  /** Variables that were asked for and not given, each once. */
  readonly missing: readonly string[];
}

const name = '[A-Za-z_][A-Za-z0-9_.-]*';
const placeholder = new RegExp(`\\{\\{|\\}\\}|\\{(${name})\\}`, 'g');

/** A whole name of a variable. */
export const variablePattern = `^${name}$`;
const wholeName = new RegExp(variablePattern);

export function isVariable(value: unknown): value is string {
  return typeof value === 'string' && wholeName.test(value);
}

/** Whether every brace belongs to a placeholder or is doubled, and there is something to show. */
export function isTemplateText(text: string): boolean {
  return text.trim() !== '' && !/[{}]/.test(text.replace(placeholder, ''));
}

/** Every variable that it shows or requires, each once. */
export function templateVariables({ title, body, requires }: Pick<Template, 'title' | 'body' | 'requires'>): string[] {
  const shown = [...`${title} ${body}`.matchAll(placeholder)].flatMap(([, variable]) => variable ?? []);
  return [...new Set([...requires, ...shown])];
}

/** Fills a template. A variable that is missing is shown as `{name: missing}`; `{{` and `}}` are plain braces. */
export function renderTemplate(template: Template, context: Readonly<Record<string, unknown>>): Rendered {
  const missing = new Set(template.requires.filter((name) => textOf(context, name) === undefined));
  const fill = (text: string) =>
    text.replace(placeholder, (found, name: string | undefined) => {
      if (name === undefined) return found[0]!;
      const value = textOf(context, name);
      if (value !== undefined) return value;
      missing.add(name);
      return `{${name}: missing}`;
    });
  return { title: fill(template.title), body: fill(template.body), missing: [...missing] };
}

/** What is inherited, such as `constructor`, is no variable. */
function textOf(context: Readonly<Record<string, unknown>>, name: string): string | undefined {
  const value = Object.hasOwn(context, name) ? context[name] : undefined;
  if (value === undefined || value === null) return undefined;
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

/** Templates that are there without being declared; one of the same name takes the place of each. */
export const builtInTemplates: Readonly<Record<string, Template>> = {
  trade_signal: {
    title: '[TRADE] {symbol} - {action}',
    body: 'Signal: {action} {symbol}\nPrice: {price}\nReason: {reason}',
    category: 'trade',
    status: 'event',
    requires: ['symbol', 'action', 'price', 'reason'],
  },
  risk_breach: {
    title: '[RISK] {risk_type} threshold breached',
    body: 'Risk breach detected:\nType: {risk_type}\nCurrent: {current_value}\nLimit: {limit_value}',
    category: 'risk',
    requires: ['risk_type', 'current_value', 'limit_value'],
  },
  order_executed: {
    title: '[EXECUTION] Order {order_id} {status}',
    body: 'Order {order_id} for {symbol} has been {status}.\nQuantity: {quantity}\nPrice: {price}',
    category: 'execution',
    status: 'event',
    requires: ['order_id', 'symbol', 'status', 'quantity', 'price'],
  },
};
