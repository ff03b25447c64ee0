export { parseDuration } from '../model/duration.js';
export { isLoopback, type ListenAddress, parseListen } from './address.js';
export { type Amended, amend, checkChange, isSame, type SetAside } from './amend.js';
export { type ProblemCode, problemCodes } from './codes.js';
export { defaultConfig, demoInput } from './defaults.js';
export { describeRouting, type ExampleAlert, type RoutedChannel, type RoutingDescription } from './describe-routing.js';
export { type ConfigDifference, differences } from './differences.js';
export type * from './engine-config.js';
export { variantOf } from './guarded.js';
export { type Item, type ItemChange, type ItemKind, itemKinds, itemName, itemsOfKind } from './item.js';
export { configJsonSchema } from './json-schema.js';
export { type LoadedConfig, type LoadOptions, loadConfig, type ResolveOptions, resolveConfig } from './load.js';
export { presets } from './presets.js';
export { ConfigError, type ConfigProblem, headline } from './problems.js';
export { type RenderOptions, renderProblem, renderProblems } from './render.js';
export { enabledChannels } from './resolve.js';
export type {
  ChannelInput,
  ConfigInput,
  EscalationInput,
  PresetName,
  RouteInput,
  RuleInput,
  TemplateInput,
} from './schema.js';
export { createSecretRegistry, redact, type SecretRegistry, secretMark } from './secret.js';
export { parseSize } from './size.js';
export { writtenOf } from './written.js';
