import type { Hono } from 'hono';
import { TocsinError } from '../model/errors.js';
import { type SilenceState, silenceStates } from '../model/silence.js';
import { answer, asFields, type Env, execute, readBody } from './http-command.js';
import type { GatewayPorts } from './ports.js';

export function silenceRoutes(app: Hono<Env>, ports: GatewayPorts): void {
  app.get('/v1/silences', (c) => {
    const states = readStates(new URL(c.req.url).searchParams);
    return c.json({ silences: ports.silences.list(states) });
  });
  app.post('/v1/silences', async (c) => {
    const dryRun = readDryRun(new URL(c.req.url).searchParams);
    const args = { ...asFields(await readBody(c)), ...dryRun };
    const given = await execute(c, ports, 'silence', args);
    return answer(c, given, given.ok && given['id'] === undefined ? 200 : 201);
  });
  app.delete('/v1/silences/:id', async (c) => {
    const by = c.req.query('by');
    const args = { ...(by === undefined ? {} : { by }), ...asFields(await readBody(c)), id: c.req.param('id') };
    return answer(c, await execute(c, ports, 'unsilence', args), 200);
  });
}

/** Lists are given with commas, or by repeating. */
function readStates(parameters: URLSearchParams): readonly SilenceState[] | undefined {
  onlyKnown(parameters, 'state');
  if (!parameters.has('state')) return undefined;
  const states = parameters
    .getAll('state')
    .join(',')
    .split(',')
    .map((state) => state.trim());
  if (states.every(isState)) return states;
  throw invalid('state', `must be a list of: ${silenceStates.join(', ')}`);
}

function readDryRun(parameters: URLSearchParams): { readonly dryRun?: boolean } {
  onlyKnown(parameters, 'dryRun');
  const given = parameters.get('dryRun');
  if (given === null) return {};
  if (given === 'true' || given === 'false') return { dryRun: given === 'true' };
  throw invalid('dryRun', 'must be true or false');
}

function onlyKnown(parameters: URLSearchParams, known: string): void {
  for (const name of parameters.keys()) if (name !== known) throw invalid(name, `unknown; known: ${known}`);
}

function isState(text: string): text is SilenceState {
  return (silenceStates as readonly string[]).includes(text);
}

function invalid(field: string, problem: string): TocsinError {
  return new TocsinError('query_invalid', `${field}: ${problem}`, { field });
}
