import type { IncomingMessage } from 'node:http';
import { describe, expect, it } from 'vitest';
import { admit, type Doorkeeper } from '../../src/gateway/upgrade.js';

function requestFrom(address: string): IncomingMessage {
  const headers = { host: 'localhost:8420' };
  return { url: '/v1/stream', headers, socket: { remoteAddress: address } } as unknown as IncomingMessage;
}

function door(connections: number): Doorkeeper {
  return {
    host: '127.0.0.1',
    limits: { maxConnections: 1_000, maxConnectionsPerAddress: 10 },
    closed: () => undefined,
    connections: () => connections,
    connectionsFrom: () => connections,
  };
}

describe('admission of connections', () => {
  it('limits the connections of one address', () => {
    expect(admit(requestFrom('192.0.2.7'), door(9))).toBe('tocsin.v1.json');
    expect(() => admit(requestFrom('192.0.2.7'), door(10))).toThrow(
      expect.objectContaining({ code: 'too_many_connections', temporary: true }),
    );
  });

  it.each(['127.0.0.1', '127.8.9.1', '::1', '::ffff:127.0.0.1'])(
    'does not limit those of this machine: %s',
    (address) => {
      expect(admit(requestFrom(address), door(999))).toBe('tocsin.v1.json');
      expect(() => admit(requestFrom(address), door(1_000))).toThrow(
        expect.objectContaining({ code: 'too_many_connections' }),
      );
    },
  );
});
