import type { Study } from '../study/study.js';
import { absenceStudy } from './absence.js';
import { admitStudy } from './admit.js';
import { aggregateSliding, aggregateStudy } from './aggregate.js';
import { conflateStudy } from './conflate.js';
import { dedupeStudy } from './dedupe.js';
import { escalateStudy } from './escalate.js';
import { groupStudy } from './group.js';
import { inhibitStudy } from './inhibit.js';
import { isolateStudy, isolateThrowing } from './isolate.js';
import { keyByStudy } from './key-by.js';
import { rateLimitStudy } from './rate-limit.js';
import { silenceStudy } from './silence.js';
import { thresholdByRules, thresholdStudy } from './threshold.js';

export const studies: readonly Study[] = [
  rateLimitStudy,
  dedupeStudy,
  admitStudy,
  thresholdStudy,
  thresholdByRules,
  aggregateStudy,
  aggregateSliding,
  absenceStudy,
  escalateStudy,
  keyByStudy,
  conflateStudy,
  groupStudy,
  silenceStudy,
  inhibitStudy,
  isolateStudy,
  isolateThrowing,
];
