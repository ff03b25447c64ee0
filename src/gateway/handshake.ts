import type { IncomingHttpHeaders } from 'node:http';
import { TocsinError } from '../model/errors.js';
import { type Subprotocol, subprotocols } from '../model/wire.js';
import { defaultSubprotocol } from './encodings.js';

/** Names under which a gateway that listens on this machine alone can be addressed. */
const ownNames = ['127.0.0.1', 'localhost', '[::1]'];

/** Throws `host_forbidden` when `Host` is not one of ours: then some other site's name was pointed at us. */
export function checkHost(headers: IncomingHttpHeaders, host: string): void {
  const name = /^(\[[0-9a-fA-F:.]+\]|[^:]+)(?::\d{1,5})?$/.exec(headers.host ?? '')?.[1]?.toLowerCase();
  const configured = host.includes(':') ? `[${host}]` : host.toLowerCase();
  if (name !== undefined && (name === configured || ownNames.includes(name))) return;
  throw new TocsinError('host_forbidden', 'the Host header is not one of ours', { value: headers.host });
}

/** Throws `origin_forbidden` unless `Origin` is absent or that of our own pages. */
export function checkOrigin({ origin, host }: IncomingHttpHeaders): void {
  if (origin === undefined || origin.toLowerCase() === `http://${host?.toLowerCase()}`) return;
  throw new TocsinError('origin_forbidden', 'pages of that origin may not talk to this gateway', { value: origin });
}

/** The first subprotocol offered that is spoken here; JSON when none is offered. Throws `subprotocol_unknown`. */
export function chooseSubprotocol(headers: IncomingHttpHeaders): Subprotocol {
  const offer = headers['sec-websocket-protocol'];
  if (offer === undefined) return defaultSubprotocol;
  const offered = offer.split(',').map((name) => name.trim());
  const chosen = offered.find((name): name is Subprotocol => (subprotocols as readonly string[]).includes(name));
  if (chosen !== undefined) return chosen;
  throw new TocsinError('subprotocol_unknown', `supported subprotocols: ${subprotocols.join(', ')}`, { value: offer });
}
