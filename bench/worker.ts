import type { Row, Scenario } from './harness.js';

/** Runs one scenario file and hands its rows to the parent. */
export type WorkerMessage = { readonly log: string } | { readonly rows: readonly Row[] };

// What a scenario has started ends with this process, and this process with its parent.
process.once('disconnect', () => process.exit());
process.once('SIGINT', () => process.exit());

const [file, mode] = process.argv.slice(2);
const { scenario } = (await import(file!)) as { scenario: Scenario };
const send = (message: WorkerMessage) => process.send?.(message);
const rows = await scenario.run({ quick: mode === 'quick', log: (log) => send({ log }) });
// A scenario may leave timers behind: leave as soon as the rows are on their way.
process.send?.({ rows } satisfies WorkerMessage, () => process.exit());
