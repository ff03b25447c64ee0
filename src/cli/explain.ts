import { plainText } from '../channels/plain-text.js';
import type { AlertExplanation } from '../model/explain-alert.js';
import type { RuleExplanation } from '../model/explain-rule.js';
import { CliError } from './cli-error.js';
import { askEngine } from './engine-http.js';
import { exitStatus } from './exit-status.js';
import type { Io } from './io.js';
import { paint } from './io.js';
import type { EngineOptions } from './options.js';

/** Every decision about one alert, a line each. */
export async function explainAlert(id: string, { url, json }: EngineOptions, io: Io): Promise<number> {
  const path = `/v1/alerts/${encodeURIComponent(id)}/explain`;
  const explanation = await askEngine<AlertExplanation>({ method: 'GET', path }, url, io).catch(async (error) => {
    throw await advised(error, id, url, io);
  });
  if (json) io.out(JSON.stringify(explanation));
  else for (const line of alertLines(explanation, io.color.out)) io.out(line);
  return exitStatus.ok;
}

/** Whoever asks why a rule does not fire has no alert to name, and may not know what to name instead. */
async function advised(error: unknown, id: string, url: string | undefined, io: Io): Promise<unknown> {
  if (!(error instanceof CliError) || error.code !== 'alert_unknown' || !(await isRule(id, url, io))) return error;
  const advice = [`a rule needs a source too: tocsin explain ${id} SOURCE`];
  return new CliError(error.code, error.status, error.message, advice);
}

async function isRule(id: string, url: string | undefined, io: Io): Promise<boolean> {
  const { rules } = await askEngine<{ rules: readonly { id: string }[] }>(
    { method: 'GET', path: '/v1/rules' },
    url,
    io,
  );
  return rules.some((rule) => rule.id === id);
}

/** What a rule makes of a series: the first thing that keeps it from firing, then everything that was looked at. */
export async function explainRule(rule: string, series: string, options: EngineOptions, io: Io): Promise<number> {
  const path = `/v1/rules/${encodeURIComponent(rule)}/explain?series=${encodeURIComponent(series)}`;
  const { explanations } = await askEngine<{ explanations: readonly RuleExplanation[] }>(
    { method: 'GET', path },
    options.url,
    io,
  );
  if (options.json) io.out(JSON.stringify(explanations));
  else for (const line of explanations.flatMap((each) => ruleLines(each, io.color.out))) io.out(line);
  return exitStatus.ok;
}

function alertLines({ title, severity, state, decisions, next }: AlertExplanation, color: boolean): string[] {
  return [
    plainText(`${severity.toUpperCase()}  ${title}  is ${state}`),
    ...folded(decisions).map(({ at, step, text, by, times, last }) => {
      const who = by === undefined || text.includes(by) ? '' : `  by ${by}`;
      const more = times === 1 ? '' : `  (${times} times until ${time(last)})`;
      return `${paint(time(at), 'gray', color)}  ${step.padEnd(10)}  ${plainText(text + who + more)}`;
    }),
    ...next.map(({ at, text }) => `${paint(time(at), 'gray', color)}  ${'next'.padEnd(10)}  ${plainText(text)}`),
  ];
}

type Decision = AlertExplanation['decisions'][number];
type Folded = Decision & { readonly times: number; readonly last: number };

/** Attempts that go on failing in the same way are one line, however long a channel is down. */
function folded(decisions: readonly Decision[]): readonly Folded[] {
  const lines: Folded[] = [];
  for (const decision of decisions) {
    const before = lines.at(-1);
    const same = decision.step === 'delivery' && before?.step === 'delivery' && before.text === decision.text;
    if (same) lines[lines.length - 1] = { ...before, times: before.times + 1, last: decision.at };
    else lines.push({ ...decision, times: 1, last: decision.at });
  }
  return lines;
}

function ruleLines({ rule, series, text, checks }: RuleExplanation, color: boolean): string[] {
  return [
    plainText(`${rule}  ${series}: ${text}`),
    ...checks.map((check) => {
      const mark = check.ok ? paint('yes', 'green', color) : paint('no ', 'yellow', color);
      return `  ${mark}  ${plainText(check.text)}`;
    }),
  ];
}

/** Local date and time of day, with milliseconds: decisions lie close together. */
function time(at: number): string {
  const date = new Date(at);
  const local = new Date(at - date.getTimezoneOffset() * 60_000).toISOString();
  return local.slice(0, 23).replace('T', ' ');
}
