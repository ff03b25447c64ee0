import { parseDuration } from '../../model/duration.js';
import { isLoopback, loopbackOnly, parseListen } from '../address.js';
import { defaultConfig, groupDefaults } from '../defaults.js';
import { type Finding, formatPath, type Path, quote } from '../problems.js';
import { type Check, entriesOf, itemsOf } from './check.js';

/** The gateway listens on this machine only. */
export const openGateway: Check = (view) => {
  const address = parseListen(view.gateway?.listen);
  if (address === undefined || isLoopback(address.host)) return [];
  return [
    {
      code: 'CFG308',
      message: `gateway.listen must be a loopback address, found ${quote(view.gateway?.listen)}`,
      path: ['gateway', 'listen'],
      ...loopbackOnly,
    },
  ];
};

/** Two names for one thing cannot both be given. */
export const doubledAliases: Check = (view) => [
  ...itemsOf(view.rules, ['rules']).flatMap(({ item, path }) => doubled(item, 'severity', 'priority', path)),
  ...itemsOf(view.routes, ['routes']).flatMap(({ item, path }) => doubled(item, 'minSeverity', 'minPriority', path)),
  ...entriesOf(view.escalations, ['escalations']).flatMap((chain) =>
    itemsOf(chain.item.levels, [...chain.path, 'levels']).flatMap(({ item, path }) =>
      doubled(item, 'severity', 'priority', path),
    ),
  ),
];

function doubled(item: object, name: string, alias: string, path: Path): Finding[] {
  const given = (key: string) => (item as Readonly<Record<string, unknown>>)[key] !== undefined;
  if (!given(name) || !given(alias)) return [];
  return [contradiction(`"${alias}" is another name of "${name}": keep one`, [...path, alias], 'key')];
}

function contradiction(message: string, path: Path, at: 'key' | 'value' = 'value'): Finding {
  return { code: 'CFG302', message: `${formatPath(path)}: ${message}`, path, at };
}

/** An escalation has steps: written out, or one that is taken again and again. */
export const emptyEscalations: Check = (view) =>
  entriesOf(view.escalations, ['escalations']).flatMap(({ item, path }): Finding[] => {
    if (item.levels !== undefined && item.after !== undefined) {
      return [contradiction('"after" is the short form of "levels": keep one', [...path, 'after'], 'key')];
    }
    if (item.after !== undefined || (item.levels !== undefined && item.levels.length > 0)) return [];
    const message = `${formatPath(path)} needs "levels" with at least one step, or "after"`;
    return [{ code: 'CFG307', message, path: item.levels === undefined ? path : [...path, 'levels'] }];
  });

/** The server, or none, and credentials that are complete. */
export const contradictingNats: Check = ({ nats }) => {
  if (nats === undefined) return [];
  const found: Finding[] = [];
  if (nats.inProcess === true && nats.url !== undefined) {
    found.push(contradiction('without a server there is no "url": keep one', ['nats', 'inProcess'], 'key'));
  }
  if ((nats.user === undefined) !== (nats.password === undefined)) {
    const given = nats.user === undefined ? 'password' : 'user';
    found.push(contradiction('"user" and "password" go together', ['nats', given], 'key'));
  }
  if ((nats.tls?.certFile === undefined) !== (nats.tls?.keyFile === undefined)) {
    const given = nats.tls?.certFile === undefined ? 'keyFile' : 'certFile';
    found.push(contradiction('"certFile" and "keyFile" go together', ['nats', 'tls', given], 'key'));
  }
  return found;
};

/** What is told again is told no sooner than something new may be. */
export const hastyRepeats: Check = ({ group }) => {
  if (group?.repeat === undefined) return [];
  const intervalMs = parseDuration(group.interval ?? '') ?? groupDefaults.intervalMs;
  if ((parseDuration(group.repeat) ?? intervalMs) >= intervalMs) return [];
  return [contradiction('"repeat" may not be shorter than "interval"', ['group', 'repeat'])];
};

/** The pause between attempts does not begin above its own limit. */
export const invertedBackoff: Check = ({ delivery }) => {
  const { initialMs, maxMs } = defaultConfig.delivery.backoff;
  const initial = parseDuration(delivery?.backoff?.initial ?? '') ?? initialMs;
  const max = parseDuration(delivery?.backoff?.max ?? '') ?? maxMs;
  if (initial <= max) return [];
  const given = delivery?.backoff?.max === undefined ? 'initial' : 'max';
  return [contradiction('"initial" may not be longer than "max"', ['delivery', 'backoff', given])];
};
