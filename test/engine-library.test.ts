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

describe('samples that are published in code', () => {
  const cpu = { name: 'cpu.usage', source: 'web-1' };

  it('P30 are evaluated, counted and answered like those of a message', async () => {
    await started(input, new RecordingChannel('mine'));
    const opened: string[] = [];
    engine!.events$.subscribe(({ type, alert }) => opened.push(`${type} ${alert.source}`));
    expect(engine!.publish({ ...cpu, value: 90 })).toEqual({ ok: true, accepted: 1, rejected: [] });
    await eventually(() => opened).toContain('opened web-1');
    expect(engine!.stats()).toMatchObject({ received: 1, evaluated: 1 });
  });

  it('P30 of a list, the good ones are used, and what is wrong with the others is told by place', async () => {
    await started(input, new RecordingChannel('mine'));
    const answer = engine!.publish([
      { ...cpu, value: 90 },
      { ...cpu, value: Number.NaN },
      { name: 'cpu.usage', value: 1 } as typeof cpu & { value: number },
    ]);
    expect(answer).toEqual({
      ok: false,
      accepted: 1,
      rejected: [
        { index: 1, code: 'value_not_finite', field: 'value' },
        { index: 2, code: 'field_missing', field: 'source' },
      ],
    });
    expect(engine!.stats()).toMatchObject({ received: 1, rejected: { value_not_finite: 1, field_missing: 1 } });
  });

  it('P30 what was given may be changed afterwards', async () => {
    await started(input, new RecordingChannel('mine'));
    const labels = { core: '0' };
    engine!.publish({ ...cpu, value: 1, labels });
    labels.core = '1';
    engine!.publish({ ...cpu, value: 1, labels });
    expect(engine!.stats().series).toBe(2);
  });

  it('P30 are refused before the start and after the stop', async () => {
    engine = createEngine(input, { channels: [new RecordingChannel('mine')], gateway: false });
    const publish = () => engine!.publish({ ...cpu, value: 1 });
    expect(publish).toThrow(expect.objectContaining({ code: 'not_ready' }));
    await engine.start();
    await engine.stop();
    expect(publish).toThrow(expect.objectContaining({ code: 'stopping' }));
  });
});
