/** What the gateway counts. Every counter is there from the start, at zero. */
export class GatewayCounters {
  connections_total = 0;
  connections_refused = 0;
  /** Whole frames written to sockets. */
  frames_sent = 0;
  bytes_sent = 0;
  messages_received = 0;
  violations = 0;
  /** Rows of live metrics written, whatever was merged into them. */
  rows_sent = 0;
  /** Flushes that a subscription sat out because its client was behind. */
  metrics_held = 0;
  alerts_sent = 0;
  /** Times that a client fell out of the live lane and was moved to paging the log. */
  alert_lane_overflows = 0;
  closed_heartbeat_lost = 0;
  closed_too_many_violations = 0;
  closed_bad_protocol = 0;
  closed_overflow = 0;
  closed_stalled = 0;
}
