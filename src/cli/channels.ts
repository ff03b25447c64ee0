import { plainText } from '../channels/plain-text.js';
import type { ChannelTest, ChannelView } from '../model/channel-view.js';
import { askEngine } from './engine-http.js';
import { exitStatus } from './exit-status.js';
import { type Io, paint } from './io.js';
import { localTime } from './local-time.js';
import type { EngineOptions } from './options.js';

/** The channels of the engine, and how each of them stands. */
export async function listChannels({ url, json }: EngineOptions, io: Io): Promise<number> {
  const path = '/v1/channels';
  const { channels } = await askEngine<{ channels: readonly ChannelView[] }>({ method: 'GET', path }, url, io);
  if (json) io.out(JSON.stringify({ channels }));
  else for (const channel of channels) io.out(channelLine(channel, io.color.out));
  return exitStatus.ok;
}

/** Sends a notification that says that it is a test; fails when it does not arrive. */
export async function testChannel(name: string, { url, json }: EngineOptions, io: Io): Promise<number> {
  const path = `/v1/channels/${encodeURIComponent(name)}/test`;
  const test = await askEngine<ChannelTest>({ method: 'POST', path }, url, io);
  const { delivered, error = 'no reason given', ms } = test;
  const told = delivered ? `delivered in ${Math.round(ms)} ms` : `not delivered: ${error}`;
  io.out(json ? JSON.stringify(test) : plainText(`${name}  ${told}`));
  return delivered ? exitStatus.ok : exitStatus.failed;
}

/** `hook  webhook  down since 2026-01-02 12:00:00  sent 3, given up 1, waiting 2  last error: ECONNREFUSED`. */
function channelLine(channel: ChannelView, color: boolean): string {
  const { name, type, sent, failed, dead, waiting, fallback, lastError } = channel;
  const state = stateOf(channel);
  const counts = [
    `sent ${sent}`,
    ...(failed === 0 ? [] : [`failed ${failed}`]),
    ...(dead === 0 ? [] : [`given up ${dead}`]),
    ...(waiting === undefined ? [] : [`waiting ${waiting}`]),
  ];
  const facts = [
    counts.join(', '),
    ...(fallback === undefined ? [] : [`else ${fallback}`]),
    ...(lastError === undefined ? [] : [`last error: ${lastError}`]),
  ].map(plainText);
  const shown = paint(state, state === 'up' ? 'green' : 'yellow', color);
  return [plainText(name).padEnd(12), plainText(type).padEnd(8), shown, ...facts].join('  ');
}

function stateOf({ enabled, available, openSince }: ChannelView): string {
  if (!enabled) return 'disabled';
  if (openSince !== undefined) return `down since ${localTime(openSince)}`;
  return available ? 'up' : 'unavailable';
}
