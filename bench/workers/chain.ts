import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { AckPolicy, type Consumer, connect, type JetStreamClient, type JsMsg, RetentionPolicy } from 'nats';
import { serve } from './remote.js';

/** The control: each body that is posted goes through a JetStream work queue to a webhook, and nothing is done with it. */
const calls = { start };
export type ChainCalls = typeof calls;

const stream = 'CHAIN';
/** As many as the engine sends at a time on one channel. */
const concurrency = 8;

async function start({ url, hookUrl }: { readonly url: string; readonly hookUrl: string }): Promise<{ url: string }> {
  const nats = await connect({ servers: url });
  const jsm = await nats.jetstreamManager();
  await jsm.streams.add({ name: stream, subjects: ['chain'], retention: RetentionPolicy.Workqueue });
  await jsm.consumers.add(stream, { durable_name: 'hook', ack_policy: AckPolicy.Explicit });
  const js = nats.jetstream();
  void forward(await js.consumers.get(stream, 'hook'), hookUrl);
  return { url: await listen(js) };
}

/** Answers when the stream has the bodies: one, or each item of a list by itself. */
async function listen(js: JetStreamClient): Promise<string> {
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const items = [JSON.parse(Buffer.concat(chunks).toString())].flat();
    await Promise.all(items.map((item) => js.publish('chain', JSON.stringify(item))));
    response.writeHead(201).end();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function forward(consumer: Consumer, hookUrl: string): Promise<void> {
  const sending = new Set<Promise<void>>();
  for await (const message of await consumer.consume({ max_messages: 500 })) {
    const sent = send(message, hookUrl).finally(() => sending.delete(sent));
    sending.add(sent);
    if (sending.size === concurrency) await Promise.race(sending);
  }
}

async function send(message: JsMsg, hookUrl: string): Promise<void> {
  const answer = await fetch(hookUrl, { method: 'POST', body: Buffer.from(message.data) });
  await answer.arrayBuffer();
  message.ack();
}

serve(calls);
