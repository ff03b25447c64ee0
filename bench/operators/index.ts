import type { Study } from '../study/study.js';
import { admitStudy } from './admit.js';
import { dedupeStudy } from './dedupe.js';
import { escalateStudy } from './escalate.js';
import { rateLimitStudy } from './rate-limit.js';
import { thresholdByRules, thresholdStudy } from './threshold.js';

export const studies: readonly Study[] = [
  admitStudy,
  rateLimitStudy,
  dedupeStudy,
  thresholdStudy,
  thresholdByRules,
  escalateStudy,
];
