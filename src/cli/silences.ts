import { plainText } from '../channels/plain-text.js';
import type { SilenceMatcher, SilenceView } from '../model/silence.js';
import { askEngine } from './engine-http.js';
import { exitStatus } from './exit-status.js';
import { type Io, paint } from './io.js';
import type { EngineOptions, SilenceAddOptions, SilenceListOptions } from './options.js';

/** The silences that match, newest first. */
export async function listSilences({ state, url, json }: SilenceListOptions, io: Io): Promise<number> {
  const path = `/v1/silences?state=${state.join(',')}`;
  const { silences } = await askEngine<{ silences: readonly SilenceView[] }>({ method: 'GET', path }, url, io);
  if (json) io.out(JSON.stringify({ silences }));
  else if (silences.length === 0) io.out('no such silence');
  else for (const silence of silences) io.out(silenceLine(silence, io.color.out));
  return exitStatus.ok;
}

/** Makes a silence, or with `dryRun` only tells what it would mute. */
export async function addSilence(
  matchers: readonly SilenceMatcher[],
  { url, json, dryRun, ...fields }: SilenceAddOptions,
  io: Io,
): Promise<number> {
  const path = dryRun ? '/v1/silences?dryRun=true' : '/v1/silences';
  const made = await askEngine<Added>({ method: 'POST', path, body: { matchers, ...fields } }, url, io);
  if (json) io.out(JSON.stringify(made));
  else for (const line of addedLines(made, io.color.out)) io.out(line);
  return exitStatus.ok;
}

export async function endSilence(id: string, by: string, { url, json }: EngineOptions, io: Io): Promise<number> {
  const path = `/v1/silences/${encodeURIComponent(id)}`;
  const answer = await askEngine<{ state: string }>({ method: 'DELETE', path, body: { by } }, url, io);
  io.out(json ? JSON.stringify(answer) : `${answer.state}  ${id}`);
  return exitStatus.ok;
}

interface Added {
  readonly id?: string;
  readonly state?: string;
  readonly matches: readonly string[];
  readonly count: number;
}

function addedLines({ id, state, matches, count }: Added, color: boolean): string[] {
  const first = id === undefined ? [] : [`${state}  ${id}`];
  const mutes = `${id === undefined ? 'would mute' : 'mutes'} ${count} open ${count === 1 ? 'alert' : 'alerts'}`;
  return [...first, mutes, ...matches.map((match) => `   ${paint(match, 'gray', color)}`)];
}

/** `active   until 2026-01-02 03:04  source=db-1  by ada: maintenance  0mhk…`. */
function silenceLine(silence: SilenceView, color: boolean): string {
  const { id, state, matchers, startsAt, endsAt, endedAt, by, comment } = silence;
  const when =
    state === 'pending' ? `from ${time(startsAt)} until ${time(endsAt)}` : `until ${time(endedAt ?? endsAt)}`;
  const what = matchers.map(({ name, op, value }) => `${name}${op}${value}`).join(' ');
  return `${state.padEnd(7)}  ${plainText([when, what, `by ${by}: ${comment}`].join('  '))}  ${paint(id, 'gray', color)}`;
}

/** Local date and time of day. */
function time(at: number): string {
  const date = new Date(at);
  return new Date(at - date.getTimezoneOffset() * 60_000).toISOString().slice(0, 16).replace('T', ' ');
}
