export * from './conformance.js';
export * from './marbles.js';
export * from './recording.js';
