import { readFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join, normalize } from 'node:path';
import { type WebSocket, WebSocketServer } from 'ws';
import type { AlertEvent, AlertView } from '../../src/model/view.js';
import type { ClientMessage, EngineStats, MetricRow, SeriesInfo, ServerMessage, Topic } from '../../src/model/wire.js';
import { sampleAlert, sampleStats } from './samples.js';

type Command = Extract<ClientMessage, { op: 'command' }>;

const pageFolder = join(import.meta.dirname, '../../dist/dashboard');
const contentTypes: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
};

interface Peer {
  readonly socket: WebSocket;
  readonly subscriptions: Map<number, Topic>;
}

/**
 * Stands in for the whole engine: serves the page and speaks the WebSocket protocol, and does nothing that a test has
 * not told it to. It can be stopped and started again on the same port.
 */
export class ScriptedGateway {
  readonly commands: Command[] = [];
  rules: readonly unknown[] = [];
  /** What is answered to commands; acknowledges and resolves by default. */
  answer: (command: Command) => ServerMessage = (command) => this.#obey(command);
  readonly #alerts = new Map<string, AlertView>();
  readonly #series: SeriesInfo[] = [];
  readonly #peers = new Set<Peer>();
  #server: Server | undefined;
  #port = 0;
  #seq = 0;

  get url(): string {
    return `http://127.0.0.1:${this.#port}/`;
  }

  async start(): Promise<void> {
    const server = createServer(async ({ url = '/' }, response) => {
      const { status, type, body } = await this.#page(new URL(url, 'http://any').pathname);
      response.writeHead(status, { 'Content-Type': type, 'Content-Security-Policy': "default-src 'self'" }).end(body);
    });
    const sockets = new WebSocketServer({ server, path: '/v1/stream', handleProtocols: () => 'tocsin.v1.json' });
    sockets.on('connection', (socket) => this.#welcome(socket));
    await new Promise<void>((resolve) => server.listen(this.#port, '127.0.0.1', resolve));
    this.#port = (server.address() as AddressInfo).port;
    this.#server = server;
  }

  async stop(): Promise<void> {
    for (const { socket } of this.#peers) socket.terminate();
    this.#peers.clear();
    const server = this.#server;
    this.#server = undefined;
    server?.closeAllConnections();
    await new Promise<void>((resolve) => (server ? server.close(() => resolve()) : resolve()));
  }

  /** One event about an alert: what is not given is as it was, or as in the sample. */
  tell(change: Partial<AlertView> & { readonly id: string }, type: AlertEvent['type'] = 'updated'): AlertView {
    const alert = { ...(this.#alerts.get(change.id) ?? sampleAlert), ...change };
    this.#alerts.set(alert.id, alert);
    const event: AlertEvent = { seq: ++this.#seq, type, time: alert.updatedAt, reason: type, alert };
    this.#send('alerts', (id) => ({ op: 'alert', id, seq: event.seq, event }));
    return alert;
  }

  /** One flush of metrics: the value of each series, and what was merged into it. */
  publish(points: readonly { series: SeriesInfo; time: number; value: number; min?: number; max?: number }[]): void {
    const rows = points.map(({ series, time, value, min = value, max = value }): MetricRow => {
      return [this.#sid(series), time, value, 1, min, max];
    });
    this.#send('metrics', (id) => ({ op: 'metrics', id, rows }));
  }

  report(stats: Partial<EngineStats>): void {
    this.#send('stats', (id) => ({ op: 'stats', id, stats: { ...sampleStats, ...stats } }));
  }

  #sid(series: SeriesInfo): number {
    const known = this.#series.indexOf(series);
    if (known >= 0) return known;
    this.#series.push(series);
    const sid = this.#series.length - 1;
    this.#send('metrics', (id) => ({ op: 'series', id, series: [[sid, series]] }));
    return sid;
  }

  #send(topic: Topic, message: (id: number) => ServerMessage): void {
    for (const { socket, subscriptions } of this.#peers) {
      for (const [id, of] of subscriptions) if (of === topic) socket.send(JSON.stringify([message(id)]));
    }
  }

  #welcome(socket: WebSocket): void {
    const peer: Peer = { socket, subscriptions: new Map() };
    const say = (...messages: ServerMessage[]): void => socket.send(JSON.stringify(messages));
    this.#peers.add(peer);
    socket.on('close', () => this.#peers.delete(peer));
    socket.on('message', (data) => {
      const message: ClientMessage = JSON.parse(String(data));
      if (message.op === 'subscribe') say(...this.#subscribe(peer, message));
      else if (message.op === 'unsubscribe') peer.subscriptions.delete(message.id);
      else if (message.op === 'command') {
        this.commands.push(message);
        say(this.answer(message));
      }
    });
    const about = { server: 'scripted', epoch: 'e', session: 's', user: 'anonymous', limits: {} };
    say({ op: 'hello', protocol: 1, heartbeatMs: 15_000, time: Date.now(), ...about });
  }

  #subscribe({ subscriptions }: Peer, { id, topic }: Extract<ClientMessage, { op: 'subscribe' }>): ServerMessage[] {
    subscriptions.set(id, topic);
    const begun: ServerMessage = { op: 'subscribed', id, mode: 'snapshot', epoch: 'e', seq: this.#seq };
    if (topic === 'alerts') return [begun, { op: 'snapshot', id, items: [...this.#alerts.values()], more: false }];
    if (topic === 'metrics') return [begun, { op: 'series', id, series: this.#series.map((info, sid) => [sid, info]) }];
    return [{ ...begun, mode: 'live' }];
  }

  #obey({ ref, name, args }: Command): ServerMessage {
    const { id, by, note, until } = args as { id: string; by: string; note?: string; until?: number };
    const at = Date.now();
    const mark = { by, at, ...(note === undefined ? {} : { note }), ...(until === undefined ? {} : { until }) };
    if (name === 'acknowledge') this.tell({ id, state: 'acknowledged', acknowledged: mark }, 'acknowledged');
    else if (name === 'unacknowledge') this.tell({ id, state: 'active' }, 'unacknowledged');
    else this.tell({ id, state: 'resolved', resolvedAt: at, resolvedBy: by }, 'resolved');
    return { op: 'ok', ref, result: { ok: true } };
  }

  async #page(path: string): Promise<{ status: number; type: string; body: string | Uint8Array }> {
    if (path === '/v1/rules') {
      return { status: 200, type: 'application/json', body: JSON.stringify({ rules: this.rules }) };
    }
    const file = normalize(path === '/' ? '/index.html' : path);
    const type = contentTypes[extname(file)] ?? 'application/octet-stream';
    try {
      return { status: 200, type, body: await readFile(join(pageFolder, file)) };
    } catch {
      return { status: 404, type: 'text/plain', body: 'not found' };
    }
  }
}
