export * from './decide.js';
export type * from './decision.js';
export type * from './input.js';
export { missingVariables } from './message.js';
export { repeatDueAt, waitsForRoom } from './timer.js';
