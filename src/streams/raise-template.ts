import { TocsinError } from '../model/errors.js';
import { renderTemplate, type Template } from '../model/template.js';
import { asFields, type Fields, optionalText, type Warn } from './raise-fields.js';

export type Templates = Readonly<Record<string, Template>>;

/**
 * The fields of an alert with those that its template makes: title and message from the template, which also stands in
 * for a category, severity or status that was not given; the context becomes the data. Throws `template_unknown` when
 * there is no such template and no title to do instead, and `field_invalid` for a context that is no map.
 */
export function applyTemplate(fields: Fields, templates: Templates, warn: Warn): Fields {
  const name = optionalText(fields, 'template');
  if (name === undefined) return fields;
  const template = Object.hasOwn(templates, name) ? templates[name] : undefined;
  if (template === undefined) return withoutTemplate(fields, name, templates, warn);
  const context = contextOf(fields);
  const { title, body, missing } = renderTemplate(template, { ...defaultsOf(fields, name, template), ...context });
  for (const variable of missing) warn('template_variable_missing', 'context', variable);
  return {
    ...(template.category !== undefined && { category: template.category }),
    ...(template.severity !== undefined && { severity: template.severity }),
    ...(template.status !== undefined && { status: template.status }),
    data: context,
    ...given(fields),
    title,
    message: body,
  };
}

function withoutTemplate(fields: Fields, name: string, templates: Templates, warn: Warn): Fields {
  if (optionalText(fields, 'title') === undefined) throw unknown(name, templates);
  warn('template_unknown', 'template');
  return fields;
}

function contextOf(fields: Fields): Fields {
  const { context } = fields;
  if (context === undefined || context === null) return {};
  if (typeof context === 'object' && !Array.isArray(context)) return context as Fields;
  throw new TocsinError('field_invalid', 'context must be a map', {
    field: 'context',
    value: context,
    allowed: 'a map',
  });
}

/** Variables that a template may use without their being given. */
function defaultsOf(fields: Fields, name: string, template: Template): Fields {
  const { severity, priority, category, source, title = name } = fields;
  return {
    title,
    category: category ?? template.category ?? 'system',
    severity: severity ?? priority ?? template.severity ?? 'medium',
    ...(source === undefined ? {} : { source }),
  };
}

/** An empty field counts as one that was not given. */
function given(fields: Fields): Fields {
  return Object.fromEntries(
    Object.entries(asFields(fields)).filter(([, value]) => value !== undefined && value !== null),
  );
}

function unknown(name: string, templates: Templates): TocsinError {
  const allowed = `a title, or one of ${Object.keys(templates).join(', ')}`;
  const message = `no template is called ${name.slice(0, 64)}`;
  return new TocsinError('template_unknown', message, { field: 'template', value: name, allowed });
}
