/** A rule as configuration gives it: fires above 80, resolves below 70. */
export const cpu = {
  id: 'cpu',
  name: 'High CPU',
  metric: 'cpu.usage',
  when: '> 80',
  clear: '< 70',
  severity: 'high',
} as const;
