export { type LoadScenariosOptions, loadScenarios } from './load.js';
export { renderFailure } from './report.js';
export { runScenario, type ScenarioFailure, type ScenarioResult } from './run.js';
export type { Scenario } from './scenario.js';
