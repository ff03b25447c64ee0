export * from './decide.js';
export type * from './decision.js';
export type * from './input.js';
export { repeatDueAt } from './timer.js';
