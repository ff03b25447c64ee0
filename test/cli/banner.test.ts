import { describe, expect, it } from 'vitest';
import { bannerLines } from '../../src/cli/run/banner.js';

describe('the banner of a running engine', () => {
  it('names page, WebSocket, metrics and NATS as addresses that a terminal can open', () => {
    const ready = {
      url: 'http://127.0.0.1:8420',
      bus: 'nats://127.0.0.1:4222',
      readyMs: 212.4,
      hints: ['Ctrl-C stops.'],
    };
    expect(bannerLines(ready, false)).toEqual([
      '',
      '  Dashboard  http://127.0.0.1:8420/',
      '  WebSocket  ws://127.0.0.1:8420/v1/stream',
      '  Metrics    http://127.0.0.1:8420/metrics',
      '  NATS       nats://127.0.0.1:4222',
      '',
      '  Ready after 212 ms.',
      '  Ctrl-C stops.',
      '',
    ]);
  });
});
