import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { pack } from 'msgpackr';
import { serve } from './remote.js';

/** WebSocket clients that ask and then only count the bytes that come: what they cost must not hide what the server costs. */
const sockets: Socket[] = [];
let received = 0;

const calls = {
  /** Opens a socket for each of `first`: the message that it sends at once, as JSON. */
  async open({
    port,
    path,
    first,
  }: {
    readonly port: number;
    readonly path: string;
    readonly first: readonly string[];
  }) {
    for (let from = 0; from < first.length; from += 100) {
      await Promise.all(first.slice(from, from + 100).map((message) => open(port, path, message)));
    }
  },
  /** Bytes since the last time that it was asked. */
  received(): number {
    const count = received;
    received = 0;
    return count;
  },
  close(): void {
    for (const socket of sockets.splice(0)) socket.destroy();
  },
};
export type SinkCalls = typeof calls;

async function open(port: number, path: string, message: string): Promise<void> {
  const socket = connect(port, '127.0.0.1');
  sockets.push(socket);
  socket.on('error', () => {});
  socket.write(
    `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
      'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n' +
      'Sec-WebSocket-Protocol: tocsin.v1.msgpack\r\n\r\n',
  );
  await once(socket, 'data');
  socket.on('data', (data) => {
    received += data.length;
  });
  if (message !== '') socket.write(binaryFrame(message));
}

/** One masked frame with `message` as MessagePack. */
function binaryFrame(message: string): Buffer {
  const body = pack(JSON.parse(message));
  const head = body.length < 126 ? Buffer.from([0x82, 0x80 | body.length]) : Buffer.alloc(4);
  if (body.length >= 126) {
    head.set([0x82, 0x80 | 126]);
    head.writeUInt16BE(body.length, 2);
  }
  // A mask of zeros leaves the body as it is.
  return Buffer.concat([head, Buffer.alloc(4), body]);
}

serve(calls);
