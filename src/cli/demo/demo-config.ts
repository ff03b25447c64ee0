import { type ConfigInput, demoInput } from '../../config/index.js';
import { story } from './story.js';

const seconds = (ms: number) => `${ms / 1_000}s`;

/** What runs without a configuration, and the rule and the ladder of the made-up shop. */
export const demoConfig: ConfigInput = {
  ...demoInput,
  rules: [
    {
      id: 'demo-latency',
      name: 'Checkout is slow',
      metric: story.metric,
      match: { source: story.source },
      when: `> ${story.limit}`,
      clear: `< ${story.clear}`,
      severity: 'high',
      category: story.category,
      channels: ['console'],
      escalation: 'demo',
      labels: { demo: 'true' },
    },
  ],
  escalations: {
    demo: {
      levels: [
        { after: seconds(story.escalateAfterMs), channels: ['console'], severity: 'critical' },
        { after: '1m', channels: ['console'] },
      ],
    },
  },
};
