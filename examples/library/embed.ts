import { type Channel, type ConfigInput, createEngine, resolveConfig } from 'tocsin';

const chat: Channel = {
  name: 'chat',
  type: 'chat',
  isAvailable: () => true,
  async send({ id, type, data }, { signal }) {
    const request = {
      method: 'POST',
      headers: { 'idempotency-key': id },
      body: `${type}: ${data.alert.title}`,
      signal,
    };
    try {
      const { ok, status } = await fetch('https://chat.example.org/hook', request);
      if (ok) return { outcome: 'delivered' };
      const error = `HTTP ${status}`;
      if (status < 500 && status !== 429) return { outcome: 'permanent', error };
      return { outcome: 'retry', error, countable: status !== 429 };
    } catch (error) {
      return { outcome: 'retry', error: String(error), countable: false };
    }
  },
};

const rule = { id: 'cpu-high', metric: 'cpu.usage', when: '> 80', channels: ['chat'] };
const config: ConfigInput = { nats: { inProcess: true }, rules: [rule] };
const engine = createEngine(config, { channels: [chat], gateway: false });
engine.events$.subscribe(({ type, alert }) => console.log(type, alert.title));
await engine.start();

const { ok, rejected } = engine.publish({ name: 'cpu.usage', source: 'web-1', value: 91 });
if (!ok) console.warn('not used', rejected);
const raised = await engine.raise({ title: 'Disk full', severity: 'high', key: 'disk db-1' });
if (!raised.ok) console.warn(raised.error.code, raised.error.message);

const { alerts } = engine.alerts.query({ state: ['active', 'escalated'], sort: 'severity' });
for (const { id } of alerts) {
  const { alert, events } = await engine.alerts.detail(id);
  const why = events.map(({ type, reason }) => `${type} (${reason})`);
  console.log(alert.title, alert.status, why.join(', '));
  const me = { name: 'ann', authenticated: false, via: 'my program' };
  const done = await engine.commands.execute('acknowledge', { id, by: 'ann' }, me);
  if (!done.ok) console.warn(done.error.message);
}

await engine.channels.register({ ...chat, name: 'pager', fallback: 'chat' });
console.log(await engine.channels.test('pager'));
await engine.templates.put({ name: 'backlog', title: 'Backlog of {source}', body: '{value} wait' });
await engine.rules.put({ id: 'backlog', metric: 'queue.depth', when: '> 1000', template: 'backlog' });
const atNight = { condition: () => new Date().getHours() < 6 };
const put = await engine.routes.put({ id: 'at-night', channels: ['pager'] }, atNight);
if (!put.ok) console.warn(put.error.message);

const next: ConfigInput = { ...config, defaultChannels: ['pager'] };
const { changed } = engine.reload((known) => resolveConfig(next, known));
console.log(changed.map(({ text }) => text).join('; '));
await engine.stop();
