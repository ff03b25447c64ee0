/** What the command ends with. */
export const exitStatus = {
  ok: 0,
  failed: 1,
  usage: 2,
  /** Something needed cannot be reached. */
  unavailable: 69,
  config: 78,
} as const;

export type ExitStatus = (typeof exitStatus)[keyof typeof exitStatus];
