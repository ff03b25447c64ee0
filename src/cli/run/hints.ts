import type { EngineConfig } from '../../config/index.js';
import { counted } from '../phrases.js';

/** What a person who has just started an engine wants to know next. */
export function hints(config: EngineConfig, demo: boolean): readonly string[] {
  if (demo) {
    return [
      'The metrics of this machine are live on the page. In a few seconds a made-up shop gets slow: its alert opens,',
      'is repeated, escalates since nobody acknowledges it, and resolves. Ctrl-C stops.',
    ];
  }
  const rules = config.rules.filter(({ enabled }) => enabled).length;
  const channels = Object.values(config.channels).filter(({ enabled }) => enabled).length;
  const subjects = config.ingest.metrics.map(({ subject }) => subject).join(', ');
  return [`${counted(rules, 'rule')} on ${subjects}, ${counted(channels, 'channel')}. Ctrl-C stops.`];
}
