import type { Subscription } from 'rxjs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Rejection } from '../../src/model/sample.js';
import { builtInTemplates } from '../../src/model/template.js';
import { listenForCommands } from '../../src/streams/command-subjects.js';
import { Commands } from '../../src/streams/commands.js';
import { createMemoryDriver } from '../../src/streams/memory.js';
import type { Driver } from '../../src/streams/ports.js';
import { listenForRaises } from '../../src/streams/raises.js';
import { decode, encode } from '../support/driver.js';

const clock = { wall: Date.now };
let driver: Driver;

beforeEach(() => {
  driver = createMemoryDriver();
});
afterEach(() => driver.close());

const ignore = () => undefined;
const templates = builtInTemplates;
const checks = { assertReady: ignore, onWarning: ignore, handlers: {} };
const commands = new Commands({ submit: ignore, clock, resolveAfterMs: 1_000, templates, ...checks });

function listen(reject: (rejection: Rejection) => void): Subscription[] {
  const ingest = [{ subject: 'alerts.>', resolveAfterMs: 1_000 }];
  return listenForRaises({
    bus: driver.control,
    queue: 'tocsin',
    ingest,
    commands,
    templates,
    clock,
    reject,
  });
}

async function ask(subject: string, body: unknown): Promise<unknown> {
  const answer = await driver.control.request(subject, encode(JSON.stringify(body)));
  return JSON.parse(decode(answer.data));
}

describe('alerts sent as a request', () => {
  it('F8 are answered with too_large when their answers together fit into no message', async () => {
    const rejected: Rejection[] = [];
    listen((rejection) => rejected.push(rejection));
    const answer = await ask(
      'alerts.system',
      Array.from({ length: 9_000 }, () => ({ title: 't', severity: 'no' })),
    );
    expect(answer).toMatchObject({ ok: false, error: { code: 'too_large' } });
    expect(rejected).toHaveLength(9_000);
  });

  it('F8 are answered with internal when something unforeseen happens to them, and the next ones are taken', async () => {
    let failures = 1;
    listen(() => {
      if (failures-- > 0) throw new Error('on purpose');
    });
    const first = await ask('alerts.system', { title: 't', severity: 'no' });
    expect(first).toEqual({ ok: false, error: { code: 'internal', message: 'internal error' } });
    const next = await ask('alerts.system', { title: 't', severity: 'no' });
    expect(next).toMatchObject({ ok: false, error: { code: 'field_invalid', field: 'severity' } });
  });

  it('F11 are all answered when the engine ends in the middle of a flood', async () => {
    const listening = listen(ignore);
    const bad = { title: 't', severity: 'no' };
    const answers = Array.from({ length: 500 }, () => ask('alerts.system', bad));
    await Promise.race(answers);
    for (const each of listening) each.unsubscribe();
    for (const answer of await Promise.all(answers)) expect(answer).toMatchObject({ ok: false });
  });

  it('F8 are answered with a message of bounded size however long a name in them is', async () => {
    listen(() => undefined);
    const answer = await ask('alerts.system', { title: 't', labels: { ['x'.repeat(500_000)]: {} } });
    expect(answer).toMatchObject({ ok: false, error: { code: 'field_invalid' } });
    expect(JSON.stringify(answer).length).toBeLessThan(2_000);
  });
});

describe('commands sent as a request', () => {
  it('F8 are answered with what is wrong when they cannot be read or fail', async () => {
    const failing = { execute: () => Promise.reject(new Error('on purpose')) };
    listenForCommands(driver.control, 'tocsin', failing);
    expect(await ask('tocsin.command.raise', {})).toMatchObject({ ok: false, error: { code: 'internal' } });
    const answer = await driver.control.request('tocsin.command.raise', encode('{'));
    expect(JSON.parse(decode(answer.data))).toMatchObject({ ok: false, error: { code: 'parse_failed' } });
  });
});
