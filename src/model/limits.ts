/** What one client, and all clients together, may take of the gateway. */
export interface GatewayLimits {
  readonly maxMessageBytes: number;
  readonly maxSubscriptions: number;
  readonly maxSeries: number;
  readonly maxSubjects: number;
  readonly commandsPerSecond: number;
  readonly commandBurst: number;
  readonly heartbeatMs: number;
  readonly alertLaneBytes: number;
  readonly alertLaneEvents: number;
  readonly maxConnections: number;
  readonly maxConnectionsPerAddress: number;
}

export const defaultGatewayLimits: GatewayLimits = {
  maxMessageBytes: 64 * 1024,
  maxSubscriptions: 256,
  maxSeries: 5_000,
  maxSubjects: 64,
  commandsPerSecond: 50,
  commandBurst: 100,
  heartbeatMs: 15_000,
  alertLaneBytes: 1024 * 1024,
  alertLaneEvents: 2_000,
  maxConnections: 10_000,
  maxConnectionsPerAddress: 100,
};
