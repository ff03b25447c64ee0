import { circularFallbacks, lonelyFallbackAfter, unfittingOverrides } from './channels.js';
import type { Check } from './check.js';
import { contradictingClears, impossibleCounts, unclearConditions, unreachableLevels } from './conditions.js';
import { collidingChannels, duplicateInhibitions, duplicateRoutes, duplicateRules } from './ids.js';
import { overlappingSubjects, unfittingTokens } from './ingest.js';
import { impossibleInhibitions, mutualInhibitions, unknownInhibitors } from './inhibit.js';
import { unreachable } from './reach.js';
import { disabledChannels, unknownChannels, unknownEscalations } from './references.js';
import {
  contradictingNats,
  doubledAliases,
  emptyEscalations,
  hastyRepeats,
  invertedBackoff,
  openGateway,
} from './settings.js';
import { doubtfulVariables, unknownTemplates } from './templates.js';

/** What makes a configuration of the right shape wrong all the same. */
export const errorChecks: readonly Check[] = [
  duplicateRules,
  duplicateRoutes,
  duplicateInhibitions,
  collidingChannels,
  unknownChannels,
  unknownEscalations,
  unknownTemplates,
  unreachable,
  unclearConditions,
  contradictingClears,
  unreachableLevels,
  impossibleCounts,
  overlappingSubjects,
  unfittingTokens,
  openGateway,
  doubledAliases,
  emptyEscalations,
  contradictingNats,
  invertedBackoff,
  circularFallbacks,
  lonelyFallbackAfter,
  unfittingOverrides,
  hastyRepeats,
  impossibleInhibitions,
  mutualInhibitions,
];

/** What is allowed, but probably not meant. */
export const warningChecks: readonly Check[] = [doubtfulVariables, disabledChannels, unknownInhibitors];
