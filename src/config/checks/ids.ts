import { subjectToken } from '../../model/series.js';
import { inhibitionId } from '../inhibition.js';
import { type Finding, formatPath, type Path, quote } from '../problems.js';
import { type Check, itemsOf } from './check.js';

interface Named {
  readonly id: string;
  readonly path: Path;
}

/** No two rules share an id, presets included: their ids are their names. */
export const duplicateRules: Check = (view) =>
  duplicates([
    ...itemsOf(view.presets, ['presets']).map(({ item, path }) => ({ id: item, path })),
    ...itemsOf(view.rules, ['rules']).flatMap(({ item, path }) =>
      item.id === undefined ? [] : [{ id: item.id, path: [...path, 'id'] }],
    ),
  ]);

/** No two routes share an id; without one, the name is the id. */
export const duplicateRoutes: Check = (view) =>
  duplicates(
    itemsOf(view.routes, ['routes']).flatMap(({ item, path }) => {
      const id = item.id ?? item.name;
      return id === undefined ? [] : [{ id, path: [...path, item.id === undefined ? 'name' : 'id'] }];
    }),
  );

/** No two rules of inhibition share an id, that of its place included. */
export const duplicateInhibitions: Check = (view) =>
  duplicates(
    itemsOf(view.inhibit, ['inhibit']).map(({ item, path }) =>
      item.id === undefined ? { id: inhibitionId(Number(path.at(-1))), path } : { id: item.id, path: [...path, 'id'] },
    ),
  );

/** Each channel has a subject of its own, in which only letters, digits, `_` and `-` can stand. */
export const collidingChannels: Check = (view) => {
  const seen = new Map<string, string>();
  return Object.keys(view.channels ?? {}).flatMap((name): Finding[] => {
    const token = subjectToken(name);
    const other = seen.get(token);
    seen.set(token, other ?? name);
    if (other === undefined) return [];
    const message = `the channels ${quote(other)} and ${quote(name)} would share the subject token ${quote(token)}`;
    return [{ code: 'CFG311', message, path: ['channels', name], at: 'key' }];
  });
};

function duplicates(named: readonly Named[]): Finding[] {
  const first = new Map<string, Path>();
  return named.flatMap(({ id, path }): Finding[] => {
    const earlier = first.get(id);
    if (earlier === undefined) {
      first.set(id, path);
      return [];
    }
    return [{ code: 'CFG301', message: `${formatPath(path)} ${quote(id)} is taken by ${formatPath(earlier)}`, path }];
  });
}
