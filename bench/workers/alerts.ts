/** Categories of a storm, each a rate key. */
export const categories = ['trade', 'execution', 'risk', 'performance', 'system'] as const;
/** As many, that one rate window of a source never fills. */
const sources = 100;

/** Alert number `index` of a storm, as anybody raises it: each is a thing of its own. */
export function stormAlert(index: number): object {
  return {
    key: stormKey(index),
    title: `Queue ${index} is stuck`,
    message: `No message left queue ${index} for 30 s while 1200 wait`,
    severity: 'high',
    category: categories[index % categories.length],
    source: `host-${index % sources}`,
    labels: { region: 'eu', desk: 'fx-spot' },
  };
}

export function stormKey(index: number): string {
  return `queue-${index}`;
}
