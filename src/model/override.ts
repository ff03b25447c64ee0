/**
 * What a rule, a route or a step of an escalation changes of a channel for its own alerts. It is stored with the alert, so
 * it holds no secret.
 */
export interface ChannelOverride {
  /** Added to the channel's own, or in place of those of the same name. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Of one attempt; at most that of the channel. */
  readonly timeoutMs?: number;
}

/** By the name of the channel. */
export type ChannelOverrides = Readonly<Record<string, ChannelOverride>>;

/** Both, the first of them counting where they speak of the same channel. */
export function mergeOverrides(
  first: ChannelOverrides | undefined,
  second: ChannelOverrides | undefined,
): { readonly overrides?: ChannelOverrides } {
  if (first === undefined && second === undefined) return {};
  return { overrides: { ...second, ...first } };
}
