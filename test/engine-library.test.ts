import { afterEach, describe, expect, it } from 'vitest';
import { type ConfigInput, createEngine, type Engine, resolveConfig } from '../src/index.js';
import { RecordingChannel } from './support/engine.js';
import { eventually } from './support/eventually.js';

const rule = { id: 'cpu', metric: 'cpu.usage', when: '> 80', channels: ['mine'] };
const input = { nats: { inProcess: true }, rules: [rule] } satisfies ConfigInput;

let engine: Engine | undefined;
afterEach(() => engine?.stop());

async function started(config: ConfigInput, ...channels: RecordingChannel[]): Promise<Engine> {
  engine = createEngine(config, { channels, gateway: false });
  await engine.start();
  return engine;
}

describe('channels that are given in code', () => {
  it('P32 may be named in rules, routes and escalations without being declared', async () => {
    const mine = new RecordingChannel('mine');
    const routes = [{ id: 'all', channels: ['mine'] }];
    const escalations = { up: { levels: [{ after: '1m', channels: ['mine'] }] } };
    await started({ ...input, routes, escalations, defaultChannels: ['mine'] }, mine);
    await engine!.raise({ title: 'Disk full', severity: 'high' });
    await eventually(() => mine.lines).toEqual(['opened high Disk full']);
  });

  it('P32 a name that nobody gave is refused all the same', () => {
    const given = { channels: [new RecordingChannel('other')] };
    expect(() => createEngine(input, given)).toThrow('unknown channel "mine" in rules[0].channels[0]');
  });

  it('P32 are known to a reload, and so are those that were registered meanwhile', async () => {
    const late = new RecordingChannel('late');
    await started(input, new RecordingChannel('mine'));
    const next = { ...input, rules: [{ ...rule, channels: ['mine', 'late'] }] };
    const reload = () => engine!.reload((known) => resolveConfig(next, known));
    expect(reload).toThrow('unknown channel "late"');
    await engine!.channels.register(late);
    expect(reload().changed.map(({ path }) => path)).toEqual(['rules.cpu.channels']);
  });
});
