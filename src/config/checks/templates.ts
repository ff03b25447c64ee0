import { builtInTemplates, type Template, templateVariables } from '../../model/template.js';
import { formatPath, quote } from '../problems.js';
import { suggest } from '../suggest.js';
import { type Check, type ConfigView, itemsOf } from './check.js';

/** What every alert of a rule gives its template. */
const given = new Set(
  'rule name title metric source value unit condition severity category risk_type current_value limit_value'.split(' '),
);

/** Every template that a rule names exists. */
export const unknownTemplates: Check = (view, { templates }) =>
  itemsOf(view.rules, ['rules']).flatMap(({ item, path }) => {
    const { template } = item;
    if (template === undefined || templates === undefined || templates.has(template)) return [];
    const at = [...path, 'template'];
    const meant = suggest(template, templates);
    const hint = meant === undefined ? {} : { hint: `did you mean "${meant}"?` };
    const message = `unknown template ${quote(template)} in ${formatPath(at)}`;
    return [{ code: 'CFG314' as const, message, path: at, ...hint, allowed: [...templates] }];
  });

/** A warning: a variable that only a label of the series could give is shown as missing where there is none. */
export const doubtfulVariables: Check = (view) =>
  itemsOf(view.rules, ['rules']).flatMap(({ item, path }) => {
    const template = item.template === undefined ? undefined : templateOf(view, item.template);
    if (template === undefined) return [];
    const labels = new Set([...Object.keys(item.labels ?? {}), ...Object.keys(item.match ?? {})]);
    const missing = templateVariables(template).filter((name) => !given.has(name) && !labels.has(name));
    if (missing.length === 0) return [];
    const names = missing.join(', ');
    const message = `template ${quote(item.template)} wants ${names}, which alerts of this rule have only if the series has such labels`;
    return [{ code: 'CFG403' as const, message, path: [...path, 'template'] }];
  });

function templateOf(view: ConfigView, name: string): Pick<Template, 'title' | 'body' | 'requires'> | undefined {
  const own = Object.hasOwn(view.templates ?? {}, name) ? view.templates![name] : undefined;
  if (own === undefined) return Object.hasOwn(builtInTemplates, name) ? builtInTemplates[name] : undefined;
  return { title: own.title ?? '', body: own.body ?? '', requires: (own.requires ?? []).flatMap((each) => each ?? []) };
}
