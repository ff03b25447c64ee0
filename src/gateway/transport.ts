/** One connection as a session sees it; `server.ts` makes it of a WebSocket. */
export interface Transport {
  send(frame: Uint8Array): void;
  /** Bytes handed to `send` that the network has not taken yet. */
  buffered(): number;
  /** Bytes that the network has taken since the connection began. */
  taken(): number;
  ping(): void;
  close(code: number, reason: string): void;
  /** Ends it without a word. */
  terminate(): void;
}
